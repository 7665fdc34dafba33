import { Script } from 'node:vm';

const filename = 'script';

/**
 * Why a script does not compile, with line and column (from 1); undefined when it does. It is compiled and never run.
 * The engine that runs it is another copy of the same V8.
 */
export function scriptFault(text: string): string | undefined {
  try {
    void new Script(text, { filename });
    return undefined;
  } catch (error) {
    const { message, stack = '' } = error as Error;
    if (error instanceof RangeError) return 'does not compile: it nests too deep';
    return `does not compile${positionIn(stack, text)}: ${message}`;
  }
}

/** V8 writes `script:<line>`, the line itself, and carets under what it did not expect; without carets: at the end. */
function positionIn(stack: string, text: string): string {
  const [place = '', , carets = ''] = stack.split('\n');
  const line = /^script:(\d+)$/.exec(place)?.[1];
  const column = carets.indexOf('^') + 1;
  if (line !== undefined && column > 0) return ` (line ${line}, column ${column})`;
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
  if (stack.includes('end of input')) return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
  return line === undefined ? '' : ` (line ${line})`;
}
