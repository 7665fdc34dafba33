import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { runService } from '../src/process.ts';
import { loadSettings, processSettings } from '../src/settings.ts';

/** A service that goes wrong in the way that FAIL names. */
await runService({
  name: 'fixture',
  settings: () => loadSettings(z.object(processSettings), process.env),
  async start() {
    const alive = setInterval(() => {}, 1_000);
    if (process.env.FAIL === 'start') throw new Error('boom');
    if (process.env.FAIL === 'later') setTimeout(() => void Promise.reject(new Error('boom')), 10);
    if (process.env.FAIL === 'wait') {
      process.stdout.write('waiting\n');
      await new Promise(() => {});
    }
    return {
      addresses: { http: 'http://here' },
      async drain() {
        if (process.env.FAIL === 'drain') await delay(60_000);
        clearInterval(alive);
        process.stdout.write('closed everything\n');
      },
    };
  },
});
