/** How the process ends; docs/gitops.md has them too. */
export const exitCodes = { done: 0, failed: 1, usage: 2, changes: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command with these lines on stderr. */
export class CliError extends Error {
  override name = 'CliError';
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;

  constructor(lines: string | readonly string[], exitCode: ExitCode = exitCodes.failed, cause?: unknown) {
    const list = typeof lines === 'string' ? [lines] : lines;
    super(list.join('\n'), cause === undefined ? undefined : { cause });
    this.lines = list;
    this.exitCode = exitCode;
  }
}

/** The command was called wrongly. */
export function usage(line: string): CliError {
  return new CliError(line, exitCodes.usage);
}
