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

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not do that',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'there is no space left',
  EROFS: 'cannot be written there',
};

/** What is to be said when the system refused a file; undefined for any other error. */
export function fileSentence(error: unknown): string | undefined {
  const { code, path, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  return path === undefined ? message : `${path}: ${reasons[code] ?? message}`;
}
