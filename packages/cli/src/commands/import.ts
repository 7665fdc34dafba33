import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CliError, usage } from '../exit.ts';
import { isObject } from '../file/references.ts';
import { convert, type ConvertOptions } from '../openapi/convert.ts';
import { toYaml } from '../plan/exported.ts';
import { count, type Ui } from '../ui.ts';

export interface ImportOptions extends ConvertOptions {
  output?: string;
  force?: boolean;
}

/** Makes a file of routes from an OpenAPI 3 document, in YAML or JSON. No server is asked. */
export function importOpenApi(
  ui: Ui,
  file: string,
  { output = 'rostrum.yaml', force = false, ...options }: ImportOptions,
): void {
  const toFile = output !== '-';
  if (toFile && !force && existsSync(output)) throw usage(`${output} is there already: say --force, or --output`);
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file}: ${(error as Error).message.split('\n')[0] ?? ''}`, 1, error);
  }
  if (!isObject(document) || !String(document['openapi']).startsWith('3.')) {
    throw new CliError(`${file} is no OpenAPI 3 document: it has no \`openapi: 3.…\``);
  }
  const { content, warnings } = convert(document, options);
  for (const warning of warnings) ui.warn(warning);
  const text = toYaml(content);
  if (toFile) writeFileSync(output, text);
  else process.stdout.write(text);
  const [service] = content['services'] as { id: string; routes: unknown[] }[];
  if (!toFile || !service) return;
  ui.result({ output, service: service.id, routes: service.routes.length, warnings });
  ui.say(`wrote ${output}: the service ${service.id} with ${count(service.routes.length, 'route')}`);
}
