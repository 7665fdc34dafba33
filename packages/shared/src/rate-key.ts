import {
  type KeyTemplate,
  KeyTemplateError,
  parseKeyTemplate,
  type Path,
  resolveKey,
  toInputPath,
} from './key-template.ts';

/**
 * Keys of rate limits: key templates (key-template.ts) that know the request besides the input, as `${request.principal}`
 * (who calls) and `${request.address}` (from where). A field of the input that is called `request` is
 * `${workflow.input.request.…}` there.
 */
export interface RateKey {
  readonly template: KeyTemplate;
  /** Whether it names a field of the input; else it is known before the body is read. */
  readonly needsInput: boolean;
}

/** What a rate limit's key may name beside the input. `address` is absent where it is not known. */
export interface RateValues {
  readonly input: Readonly<Record<string, unknown>>;
  readonly request: { readonly principal: string; readonly address: string | undefined };
}

const names: readonly string[] = ['principal', 'address'] satisfies (keyof RateValues['request'])[];

/** @throws {KeyTemplateError} */
export function parseRateKey(source: string): RateKey {
  const template = parseKeyTemplate(source, (segments) => {
    if (isRequestValue(segments)) return segments;
    if (segments[0] !== 'request') return ['input', ...toInputPath(segments)];
    throw new KeyTemplateError(
      `of the request \${request.principal} and \${request.address} are known; for a field of the input write \${workflow.input.${segments.join('.')}}`,
    );
  });
  return { template, needsInput: template.paths.some(([first]) => first === 'input') };
}

/** Whether an expression with these segments names a value of the request. */
export function isRequestValue([first, name, ...more]: Path): boolean {
  return first === 'request' && name !== undefined && names.includes(name) && more.length === 0;
}

/** The scope that a request counts in. Those that lack a field share one: to leave a field out is no way round. */
export function resolveRateKey({ template }: RateKey, values: RateValues): string {
  return resolveKey(template, values as unknown as Record<string, unknown>) ?? '';
}
