import { runService } from '@rostrum/service/process';
import { startApp } from './app.ts';
import { readSettings } from './config.ts';

await runService({ name: 'conductor-dev', settings: () => readSettings(process.env), start: startApp });
