import { runService } from '@rostrum/service/process';
import { startCache } from './app.ts';
import { readSettings } from './config.ts';

await runService({ name: 'cache', settings: readSettings, start: startCache });
