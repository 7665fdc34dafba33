import { Command } from 'commander';
import { filesCommands } from './program/files.ts';
import { handCommands } from './program/hand.ts';
import { operateCommands } from './program/operate.ts';
import { type Runner, runnerFor } from './program/runner.ts';
import { type ExitCode } from './exit.ts';
import type { Globals } from './context.ts';
import type { Ui } from './ui.ts';
import { version } from './version.ts';

/** What the commands return goes here: the process's exit code. */
export interface Outcome {
  exitCode: ExitCode;
  /** What the command speaks by, once it has begun. */
  ui?: Ui;
}

/** The commands of `rostrum`. Each one's code is loaded when it is called. */
export function createProgram(outcome: Outcome): Command {
  const program = new Command('rostrum')
    .description('Configuration of a Rostrum gateway, from files and by hand')
    .version(version)
    .option('--server <url>', 'the config service (ROSTRUM_SERVER; else the last login, else http://127.0.0.1:7081)')
    .option('--json', 'one JSON document on stdout, for programs')
    .option('--no-color', 'no colour (as NO_COLOR)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 called wrongly, 3 plan --detailed-exitcode found changes.',
    );
  const runner: Runner = runnerFor(outcome, () => program.opts<Globals>());
  filesCommands(program, runner);
  handCommands(program, runner);
  operateCommands(program, runner);
  return program;
}
