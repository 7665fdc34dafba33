import type { Command } from 'commander';
import type { PurgeOptions } from '../commands/cache.ts';
import type { Runner } from './runner.ts';

/** Commands about what the gateway keeps besides its configuration. */
export function operateCommands(program: Command, { online }: Runner): void {
  const cache = program.command('cache').description('answers that the gateway keeps');
  cache
    .command('purge')
    .description('forget answers on every replica: of a service, a route, a key, or all that has a tag')
    .option('--service <id>', 'of this service')
    .option('--route <route>', 'of this route of it, as "GET /things/{id}"')
    .option('--key <key>', 'the one under this key: the template as it reads for a request, as customer-42')
    .option('--key-prefix <prefix>', 'those whose key begins so')
    .option('--tag <key:value>', 'of all services and routes that have this tag')
    .option('--yes', 'do not ask before more than one key is purged')
    .action(
      online(async (context, options: PurgeOptions) => (await import('../commands/cache.ts')).purge(context, options)),
    );
  cache
    .command('stats')
    .description('what is stored, and what became of requests in the cache in the last 24 hours, by route')
    .option('--service <id>', 'of this service; of all that have a cache unless given')
    .action(
      online(async (context, options: { service?: string }) =>
        (await import('../commands/cache.ts')).stats(context, options),
      ),
    );
  program
    .command('secrets')
    .description('secrets that the gateway keeps')
    .command('rotate')
    .description('seal every secret with a new key; after a change of MASTER_KEY, with that one')
    .action(online(async (context) => (await import('../commands/secrets.ts')).rotateSecrets(context)));
}
