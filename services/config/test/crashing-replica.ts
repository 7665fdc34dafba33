import { runService } from '@rostrum/service/process';
import { startConfig } from '../src/app.ts';
import { configSettings } from '../src/config.ts';
import { Bucket } from '../src/storage/bucket.ts';

/** A replica that ends as by kill -9 just before the `CRASH_AT`th write to JetStream after it was ready. */
let left = Infinity;
const put = Bucket.prototype.put;
Bucket.prototype.put = function crashing(...args) {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  return put.apply(this, args);
};

await runService({
  name: 'config',
  settings: () => configSettings(process.env),
  async start(settings, log) {
    const running = await startConfig(settings, log);
    left = Number(process.env['CRASH_AT']);
    return running;
  },
});
