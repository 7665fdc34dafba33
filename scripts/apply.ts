import { useDevAccess } from './lib/dev-access.ts';

/** `npm run apply -- <file>…`: short for `npm run rostrum -- apply <file>…`. */
useDevAccess();
process.argv.splice(2, 0, 'apply');
await import('@rostrum/cli/main');
