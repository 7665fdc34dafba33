type Json = Record<string, unknown>;

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h2{margin-top:3rem;border-bottom:1px solid #ccc}h3{font:600 1rem ui-monospace,monospace;margin:2rem 0 0}h3 b{color:#0a5}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border:1px solid #ddd;padding:.25rem .5rem;text-align:left;vertical-align:top}
code,pre{font:.875rem ui-monospace,monospace;background:#f4f4f4}pre{padding:.75rem;overflow:auto;max-height:30rem}del{color:#888}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}code,pre{background:#262626}td,th{border-color:#444}}`;

/** The OpenAPI document as a page that needs nothing from elsewhere, scripts included. */
export function docsPage(document: Json): string {
  const { info, tags, paths, components } = document as unknown as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const sections = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2 id="${anchor(name)}">${text(name)}</h2>${own.map(operationHtml).join('')}`;
  });
  const shapes = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<h3 id="schema-${text(name)}">${text(name)}</h3>${membersHtml(schema as Json)}<details><summary>JSON Schema</summary><pre>${text(JSON.stringify(schema, null, 2))}</pre></details>`,
  );
  const contents = tags.map(({ name }) => `<a href="#${anchor(name)}">${text(name)}</a>`).join(' · ');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)}</title><style>${style}</style>
<h1>${text(info.title)}</h1><p>${prose(info.description)} <a href="openapi.json">openapi.json</a></p>
<nav>${contents} · <a href="#shapes">Shapes</a></nav>${sections.join('')}<h2 id="shapes">Shapes</h2>${shapes.join('')}</html>`;
}

interface Document {
  info: { title: string; description: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Json };
}

interface Operation {
  tags: string[];
  summary: string;
  deprecated?: boolean;
  parameters: { name: string; in: string; required?: boolean; description?: string }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const { summary, deprecated, parameters, requestBody, responses } = operation;
  const title = `<b>${text(method)}</b> ${text(path)}`;
  const rows = parameters.map(
    ({ name, in: place, required, description = '' }) =>
      `<tr><td><code>${text(name)}</code></td><td>${text(place)}${required ? ', required' : ''}</td><td>${prose(description)}</td></tr>`,
  );
  const [answer] = Object.values(responses[200]?.content ?? {});
  const [body] = Object.values(requestBody?.content ?? {});
  return `<h3>${deprecated ? `<del>${title}</del>` : title}</h3><p>${prose(summary)}${body ? `. Takes ${shape(body.schema)}` : ''}${
    answer ? `. Answers ${shape(answer.schema)}` : ''
  }.</p>${rows.length > 0 ? `<table>${rows.join('')}</table>` : ''}`;
}

/** The members of an object, one a row; nothing for other shapes. */
function membersHtml({ properties, required = [] }: Json): string {
  if (!properties) return '';
  const rows = Object.entries(properties as Record<string, Json>).map(([name, schema]) => {
    const { description = '', readOnly } = schema as { description?: string; readOnly?: boolean };
    const note = readOnly ? 'set by the server' : (required as string[]).includes(name) ? 'required' : '';
    return `<tr><td><code>${text(name)}</code></td><td>${shape(schema)}</td><td>${note}</td><td>${prose(description)}</td></tr>`;
  });
  return `<table>${rows.join('')}</table>`;
}

/** Names of shapes as links; other shapes in a few words. */
function shape(schema: Json): string {
  const { $ref: to, type, items, anyOf, enum: values } = schema as Partial<Shape>;
  const name = to?.split('/').at(-1);
  if (name) return `<a href="#schema-${text(name)}">${text(name)}</a>`;
  if (anyOf) return anyOf.map(shape).join(' or ');
  if (values) return values.map((value) => `<code>${text(String(value))}</code>`).join(', ');
  if (type === 'array' && items) return `a list of ${shape(items)}`;
  return text([type ?? 'anything'].flat().join(' or '));
}

interface Shape {
  $ref: string;
  type: string | string[];
  items: Json;
  anyOf: Json[];
  enum: unknown[];
}

function anchor(name: string): string {
  return text(name.toLowerCase().replaceAll(' ', '-'));
}

function text(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Text with what stands between backticks as code. */
function prose(raw: string): string {
  return text(raw).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
