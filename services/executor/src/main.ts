import { runService } from '@rostrum/service/process';
import { startExecutor } from './app.ts';
import { readSettings } from './config.ts';

await runService({ name: 'executor', settings: readSettings, start: startExecutor });
