import { useDevAccess } from './lib/dev-access.ts';

/** `npm run rostrum -- <command>…`: the command line, for what `npm start` runs unless the environment says otherwise. */
useDevAccess();
await import('@rostrum/cli/main');
