import { runService } from '@rostrum/service/process';
import { startIngress } from './app.ts';
import { readSettings } from './config.ts';

await runService({ name: 'ingress', settings: readSettings, start: startIngress });
