/** A JSON pointer (RFC 6901) of these steps; none is the whole document, ''. */
export function pointerOf(...steps: readonly PropertyKey[]): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
