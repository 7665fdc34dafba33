#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CliError, exitCodes, fileSentence } from './exit.ts';
import { createProgram, type Outcome } from './program.ts';

const outcome: Outcome = { exitCode: exitCodes.done };
// Output that nobody reads any more, as of `rostrum … | head`, is no fault.
process.stdout.on('error', () => {});
try {
  await createProgram(outcome).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) outcome.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  else if (error instanceof CliError) {
    outcome.exitCode = error.exitCode;
    for (const line of error.lines) process.stderr.write(`${line}\n`);
  } else {
    outcome.exitCode = exitCodes.failed;
    process.stderr.write(`${fileSentence(error) ?? (error as Error).stack ?? String(error)}\n`);
  }
}
process.exitCode = outcome.exitCode;
