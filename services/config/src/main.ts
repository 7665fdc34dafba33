import { runService } from '@rostrum/service/process';
import { startConfig } from './app.ts';
import { configSettings } from './config.ts';

await runService({ name: 'config', settings: () => configSettings(process.env), start: startConfig });
