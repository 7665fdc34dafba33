import { Document, Scalar, visit } from 'yaml';
import { type Body, clean } from '../file/load.ts';
import { fileReference } from '../file/references.ts';
import { type Kind, kinds, kindWords } from '../file/shape.ts';
import type { Live } from './live.ts';
import { normal } from './normal.ts';

/** Where editors find what may stand in such a file; each release carries its own. */
const schemaLine = ' yaml-language-server: $schema=https://unpkg.com/@rostrum/cli/dist/rostrum.schema.json';

/** What a member is when a file does not say it; an export leaves it out. */
const usual: Record<string, unknown> = {
  enabled: true,
  mcpEnabled: true,
  passthrough: false,
  fallbackToDefaultAuth: false,
  tokenInWorkflowInput: false,
  workflowExecutionMode: 'SYNCHRONOUS',
  workflowMetadataInOutput: false,
};

/** The server's configuration as the content of a file; applying that to the same server changes nothing. */
export function exported(live: Live, owned: ReadonlySet<Kind>): Body {
  const lists: Partial<Record<Kind, Body[]>> = {
    schema: [...live.schemas.values()]
      .flat()
      .map(
        ({ name, version, type, data, externalRef, ownerApp }) =>
          clean({ name, version, type, data: schemaText(data), externalRef, ownerApp }) as Body,
      ),
    application: objects(live, 'application').map(exportedApplication),
    authConfig: objects(live, 'authConfig').map(exportedAuthConfig),
    service: objects(live, 'service').map(exportedService),
  };
  const named = kinds.filter((kind) => owned.has(kind)).map((kind) => [kindWords[kind].member, lists[kind] ?? []]);
  return Object.fromEntries(named) as Body;
}

function objects(live: Live, kind: Exclude<Kind, 'schema'>): Body[] {
  return [...live.objects[kind].values()].map((body) => normal(kind, body));
}

function exportedApplication({ conductor, ...application }: Body): Body {
  if (!conductor) return withoutUsual(application);
  // The secret is never shown; where the variable is not set, the one that is stored stays.
  const keySecret = { env: variableFor(String(application['id']), undefined, 'CONDUCTOR_SECRET'), mask: '********' };
  return { ...withoutUsual(application), conductor: { ...(conductor as Body), keySecret } };
}

function exportedAuthConfig({ apiKeys, ...config }: Body): Body {
  const id = String(config['id']);
  const keys = ((apiKeys as string[] | undefined) ?? []).map((mask, index, all) => ({
    env: variableFor(id, all.length === 1 ? undefined : index + 1),
    mask,
  }));
  return { ...withoutUsual(config), ...(keys.length > 0 ? { apiKeys: keys } : {}) };
}

function exportedService(service: Body): Body {
  const { routes, ...rest } = service;
  const list = (routes as Body[] | undefined) ?? [];
  // Without the list a file would not own the routes.
  return { ...withoutUsual(rest), routes: list.map(exportedRoute) };
}

function exportedRoute(route: Body): Body {
  const { inputSchema, outputSchema, ...rest } = withoutUsual(route);
  return clean({ ...rest, inputSchema: schemaText(inputSchema), outputSchema: schemaText(outputSchema) }) as Body;
}

/** A schema that a file would take for a reference to a file is written as text, which is the same schema. */
function schemaText(schema: unknown): unknown {
  return fileReference(schema) === undefined ? schema : JSON.stringify(schema);
}

function withoutUsual(body: Body): Body {
  const kept = Object.entries(body).filter(([name, value]) => value !== usual[name] && !isEmptyList(value));
  return Object.fromEntries(kept);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** `ROSTRUM_API_KEY_<ID>`, as an environment can hold it; not `ROSTRUM_KEY_…`, which the command line itself reads. */
export function variableFor(id: string, number?: number, what = 'API_KEY'): string {
  const name = id.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
  return `ROSTRUM_${what}_${name}${number === undefined ? '' : `_${number}`}`;
}

/** As YAML: texts of several lines as blocks, a line for editors on top. */
export function toYaml(content: Body): string {
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = schemaLine;
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string') return;
      // A block would lose the spaces of a text that has nothing else.
      if (node.value.includes('\n') && node.value.trim() !== '') node.type = Scalar.BLOCK_LITERAL;
      // As plain text it would merge what follows.
      if (node.value === '<<') node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}
