import type { Command } from 'commander';
import type { ApplyOptions } from '../commands/apply.ts';
import type { ExportOptions } from '../commands/export.ts';
import type { FileOptions } from '../commands/files.ts';
import type { ImportOptions } from '../commands/import.ts';
import type { PlanOptions } from '../commands/plan.ts';
import { type Runner, wholeNumber } from './runner.ts';

/** Commands about files. */
export function filesCommands(program: Command, { online, offline }: Runner): void {
  const withFiles = (command: Command) =>
    command
      .argument('[files...]', 'files or folders; rostrum.yaml unless given')
      .option('--cache-min-ttl <seconds>', 'the server’s CACHE_MIN_TTL_SECONDS, where it is not 300', wholeNumber);
  withFiles(program.command('validate'))
    .description('find what is wrong with the files, offline, with line and column')
    .action(
      offline(async (ui, files: string[], options: FileOptions) =>
        (await import('../commands/validate.ts')).validate(ui, files, options),
      ),
    );
  withFiles(program.command('plan').alias('diff'))
    .description('show what apply would change, field by field')
    .option('--prune', 'also what would be deleted')
    .option('--detailed-exitcode', 'exit code 3 when something would change')
    .action(
      online(async (context, files: string[], options: PlanOptions) =>
        (await import('../commands/plan.ts')).plan(context, files, options),
      ),
    );
  withFiles(program.command('apply'))
    .description('make the configuration be what the files say')
    .option('--prune', 'delete what the files do not name, of the kinds that they have a list of')
    .option('--yes', 'do not ask before deleting')
    .action(
      online(async (context, files: string[], options: ApplyOptions) =>
        (await import('../commands/apply.ts')).apply(context, files, options),
      ),
    );
  program
    .command('export')
    .description('write the configuration as a file; applying that changes nothing')
    .option('-o, --output <file>', 'where to; stdout unless given')
    .option('--force', 'write over a file that is there')
    .action(
      online(async (context, options: ExportOptions) =>
        (await import('../commands/export.ts')).exportAll(context, options),
      ),
    );
  program
    .command('import')
    .description('make a file of routes from an OpenAPI 3 document')
    .argument('<openapi>', 'the document, YAML or JSON')
    .option('-o, --output <file>', 'where to; - is stdout', 'rostrum.yaml')
    .option('--force', 'write over a file that is there')
    .option('--service <id>', 'id of the service; from the title unless given')
    .option('--path <path>', 'its base path; from the first server unless given')
    .action(
      offline(async (ui, file: string, options: ImportOptions) =>
        (await import('../commands/import.ts')).importOpenApi(ui, file, options),
      ),
    );
}
