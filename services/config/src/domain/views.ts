import { maskOf } from './api-keys.ts';
import { publicUrlOf } from './public-url.ts';
import type { AuthConfig, Route, Service } from './records.ts';

/** Objects as the admin API shows them. `keys`: how this one answer shows the API keys; masked unless given. */
export function authConfigView(config: AuthConfig, keys?: readonly string[]): Record<string, unknown> {
  const shown = keys && keys.length > 0 ? keys : config.apiKeys.map(maskOf);
  const { apiKeys: _, authenticationType, ...rest } = config;
  const view = { ...rest, authenticationType, authType: authenticationType };
  return authenticationType === 'API_KEY' || shown.length > 0 ? { ...view, apiKeys: shown } : view;
}

export function routeView(serviceId: string, route: Route): Record<string, unknown> {
  const { conductorSchemas: _, ...shown } = route;
  return { ...shown, serviceId };
}

export function serviceView(service: Service, publicUrl: string): Record<string, unknown> {
  const routes = service.routes.map((route) => routeView(service.id, route));
  return { ...service, basePath: `${publicUrlOf(service, publicUrl)}${service.path}`, routes };
}
