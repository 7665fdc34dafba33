import type { Command } from 'commander';
import type { RestoreOptions } from '../commands/backup.ts';
import type { DoctorOptions } from '../commands/doctor.ts';
import type { RollbackOptions } from '../commands/rollback.ts';
import type { TestOptions } from '../commands/test.ts';
import { type Runner, several, wholeNumber } from './runner.ts';

/** Commands about what runs. */
export function handCommands(program: Command, runner: Runner): void {
  const { online, offline, globals } = runner;
  program
    .command('routes')
    .description('list the routes of a service, or of all')
    .argument('[service]')
    .action(online(async (context, id?: string) => (await import('../commands/routes.ts')).routes(context, id)));
  program
    .command('test')
    .description('try a route the real way, or a script: test orders GET /17; test --script s.js --payload p.json')
    .argument('[route...]', 'service, method, and the path under its base path')
    .option('-H, --header <name:value>', 'a header of the request', several)
    .option('-q, --query <name=value>', 'a query parameter', several)
    .option('-d, --data <json>', 'the body, or @file')
    .option('--script <file>', 'a script in place of a route')
    .option('--payload <file>', 'JSON: what the script gets as $')
    .action(
      online(async (context, route: string[], options: TestOptions) =>
        (await import('../commands/test.ts')).test(context, route, options),
      ),
    );
  program
    .command('rollback')
    .description('bring a service back to how it was; without a revision, list those there are')
    .argument('<service>')
    .argument('[revision]')
    .option('--limit <number>', 'how many are listed; 20 unless given', wholeNumber)
    .action(
      online(async (context, id: string, revision: string | undefined, options: RollbackOptions) =>
        (await import('../commands/rollback.ts')).rollback(context, id, revision, options),
      ),
    );
  keyCommands(program, runner);
  program
    .command('login')
    .description('keep an access key for a server; its secret is asked for, or read from stdin')
    .option('--key-id <id>', 'the access key')
    .action(
      offline(async (ui, { keyId }: { keyId?: string }) => {
        const { server } = globals();
        const options = { ...(server === undefined ? {} : { server }), ...(keyId === undefined ? {} : { keyId }) };
        return (await import('../commands/login.ts')).login(ui, options);
      }),
    );
  program
    .command('logout')
    .description('forget the access key of a server')
    .action(offline(async (ui) => (await import('../commands/login.ts')).logout(ui, globals().server)));
  program
    .command('backup')
    .description('write all configuration to a file; encrypted secrets stay encrypted')
    .argument('<file>')
    .option('--force', 'write over a file that is there')
    .action(
      online(async (context, file: string, options: { force?: boolean }) =>
        (await import('../commands/backup.ts')).backup(context, file, options),
      ),
    );
  program
    .command('restore')
    .description('restore a backup into an installation without configuration')
    .argument('<file>')
    .option('--replace', 'in place of the configuration that is there')
    .option('--yes', 'do not ask before')
    .action(
      online(async (context, file: string, options: RestoreOptions) =>
        (await import('../commands/backup.ts')).restore(context, file, options),
      ),
    );
  program
    .command('doctor')
    .description('look at everything that can be reached, and say what to do about what is wrong')
    .option('--nats <url>', 'NATS (NATS_URL)')
    .option('--redis <url>', 'Redis (REDIS_URL)')
    .option('--conductor <url>', 'Conductor (CONDUCTOR_SERVER_URL)')
    .action(
      online(async (context, options: DoctorOptions) =>
        (await import('../commands/doctor.ts')).doctor(context, options),
      ),
    );
}

function keyCommands(program: Command, { online }: Runner): void {
  const keys = program.command('keys').description('API keys of an auth config');
  keys
    .command('create')
    .description('make an auth config with a key, or add a key to one; it is shown this once')
    .argument('<authConfig>')
    .action(online(async (context, id: string) => (await import('../commands/keys.ts')).createKey(context, id)));
  keys
    .command('rotate')
    .description('add a new key beside the old; later, with --retire, take the old ones away')
    .argument('<authConfig>')
    .option('--retire', 'keep the newest key alone, and add none')
    .action(
      online(async (context, id: string, options: { retire?: boolean }) =>
        (await import('../commands/keys.ts')).rotateKeys(context, id, options),
      ),
    );
  keys
    .command('list')
    .description('show the keys, masked')
    .argument('<authConfig>')
    .action(online(async (context, id: string) => (await import('../commands/keys.ts')).listKeys(context, id)));
}
