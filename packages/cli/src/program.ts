import { Command, InvalidArgumentError } from 'commander';
import { type Context, contextOf, type Globals } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { Ui } from './ui.ts';
import { version } from './version.ts';

/** What the commands return goes here: the process's exit code. */
export interface Outcome {
  exitCode: ExitCode;
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
  const globals = () => program.opts<Globals>();
  const run =
    <A extends unknown[]>(action: (context: Context, ...args: A) => Promise<ExitCode | void>) =>
    async (...args: A) => {
      outcome.exitCode = (await action(contextOf(globals()), ...args)) ?? exitCodes.done;
    };

  const withFiles = (command: Command) =>
    command
      .argument('[files...]', 'files or folders; rostrum.yaml unless given')
      .option('--cache-min-ttl <seconds>', 'the server’s CACHE_MIN_TTL_SECONDS, where it is not 300', wholeNumber);
  withFiles(program.command('validate'))
    .description('find what is wrong with the files, offline, with line and column')
    .action(async (files: string[], options: object) => {
      const { json = false, color } = globals();
      (await import('./commands/validate.ts')).validate(new Ui({ json, color }), files, options);
    });
  withFiles(program.command('plan').alias('diff'))
    .description('show what apply would change, field by field')
    .option('--prune', 'also what would be deleted')
    .option('--detailed-exitcode', 'exit code 3 when something would change')
    .action(
      run(async (context, files: string[], options: object) =>
        (await import('./commands/plan.ts')).plan(context, files, options),
      ),
    );
  withFiles(program.command('apply'))
    .description('make the configuration be what the files say')
    .option('--prune', 'delete what the files do not name, of the kinds that they have a list of')
    .option('--yes', 'do not ask before deleting')
    .action(
      run(async (context, files: string[], options: object) =>
        (await import('./commands/apply.ts')).apply(context, files, options),
      ),
    );
  return program;
}

export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('has to be a whole number.');
}
