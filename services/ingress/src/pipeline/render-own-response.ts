import { responseFault } from '@rostrum/shared/http-response';
import type { HttpResponse } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { Reply } from './context.ts';

/**
 * A page that a route makes is none of the gateway's own: in a browser it gets an origin of its own, and so neither
 * storage nor rights of what else is served under this host name, the console for one.
 */
const SANDBOX = 'sandbox allow-downloads allow-forms allow-popups allow-scripts';

/**
 * The answer that a route has made itself; of what both say, the gateway's word goes.
 *
 * @throws {Problem} response-invalid: an executor makes none such, but a cache may have been written to by others.
 */
export function renderOwnResponse(response: HttpResponse, body: Uint8Array, headers: Record<string, string>): Reply {
  const fault = responseFault(response);
  if (fault !== undefined) throw new Problem('response-invalid', `The route’s answer cannot go out: ${fault}.`);
  const { vary, 'content-security-policy': policy, ...own } = response.headers;
  return {
    status: response.status,
    headers: {
      ...own,
      ...headers,
      ...combined('vary', vary, headers['vary']),
      ...combined('content-security-policy', SANDBOX, policy),
      'x-content-type-options': 'nosniff',
    },
    body: body.length === 0 ? undefined : body,
  };
}

function combined(name: string, ...values: (string | undefined)[]): Record<string, string> {
  const all = values.filter((value) => value !== undefined && value !== '');
  return all.length === 0 ? {} : { [name]: all.join(', ') };
}
