/**
 * Key templates of caches and concurrency limits: Conductor expressions over the workflow's input
 * (`${workflow.input.customerId}`), the short forms `${customerId}` and `$.customerId`, and constants.
 */

/** The part of a template that names a value: its path into the input. */
type Path = readonly string[];

export interface KeyTemplate {
  readonly source: string;
  readonly paths: readonly Path[];
}

/** A template that cannot be understood; the message says where and what to write instead. */
export class KeyTemplateError extends Error {
  override name = 'KeyTemplateError';
}

const segment = '[A-Za-z_][A-Za-z0-9_-]*';
const path = `${segment}(?:\\.${segment})*`;
const expression = new RegExp(`\\$\\{\\s*(${path})\\s*\\}|\\$\\.(${path})|\\$\\{`, 'g');

/** @throws {KeyTemplateError} */
export function parseKeyTemplate(source: string): KeyTemplate {
  if (source.trim() === '')
    throw new KeyTemplateError('the key is empty; name a field such as ${workflow.input.id}, or a constant');
  const paths: Path[] = [];
  for (const match of source.matchAll(expression)) {
    const named = match[1] ?? match[2];
    if (named === undefined) {
      throw new KeyTemplateError(
        `the expression at character ${match.index + 1} does not name a field; write \${workflow.input.<name>}`,
      );
    }
    paths.push(toInputPath(named));
  }
  return { source, paths };
}

function toInputPath(named: string): Path {
  const segments = named.split('.');
  if (segments[0] !== 'workflow') return segments;
  if (segments[1] === 'input' && segments.length > 2) return segments.slice(2);
  throw new KeyTemplateError(`\${${named}} is not known before the workflow starts; only \${workflow.input.<name>} is`);
}

/**
 * The template's values in this input, as one text. Different values give different texts, which pasting them into the
 * template would not (`a-b` + `c` and `a` + `b-c`). Undefined when the input lacks a field, or has null there.
 */
export function resolveKey(template: KeyTemplate, input: Readonly<Record<string, unknown>>): string | undefined {
  const values = valuesOf(template, input);
  return values && JSON.stringify([template.source, ...values]);
}

/**
 * The template as it reads for this input, for people and for purges: texts as they are, all else as JSON. Different
 * values may read alike. Undefined as for {@link resolveKey}.
 */
export function readKey(template: KeyTemplate, input: Readonly<Record<string, unknown>>): string | undefined {
  const values = valuesOf(template, input);
  if (!values) return undefined;
  let place = 0;
  return template.source.replace(expression, () => {
    const value = values[place++];
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function valuesOf(template: KeyTemplate, input: Readonly<Record<string, unknown>>): unknown[] | undefined {
  const values: unknown[] = [];
  for (const steps of template.paths) {
    let value: unknown = input;
    for (const step of steps) {
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? (value as Record<string, unknown>)[step]
          : undefined;
    }
    if (value === undefined || value === null) return undefined;
    values.push(value);
  }
  return values;
}
