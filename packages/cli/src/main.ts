#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CliError, type ExitCode, exitCodes, fileSentence } from './exit.ts';
import { createProgram, type Outcome } from './program.ts';

const outcome: Outcome = { exitCode: exitCodes.done };
// Output that nobody reads any more, as of `rostrum … | head`, is no fault.
process.stdout.on('error', () => {});
try {
  await createProgram(outcome).parseAsync();
} catch (error) {
  const lines = linesOf(error);
  outcome.exitCode = exitCodeOf(error);
  for (const line of error instanceof CommanderError ? [] : lines) process.stderr.write(`${line}\n`);
  // Programs get their one document also where a command failed before it had a result.
  const json = outcome.ui?.json ?? process.argv.includes('--json');
  if (json && !outcome.ui?.told && outcome.exitCode !== exitCodes.done) {
    process.stdout.write(`${JSON.stringify({ ok: false, errors: lines }, undefined, 2)}\n`);
  }
}
process.exitCode = outcome.exitCode;

function linesOf(error: unknown): readonly string[] {
  if (error instanceof CliError) return error.lines;
  const { stack, message } = error as Error;
  return [error instanceof CommanderError ? message : (fileSentence(error) ?? stack ?? String(error))];
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  return error instanceof CliError ? error.exitCode : exitCodes.failed;
}
