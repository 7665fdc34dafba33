import { read } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * A thread that ends the process when its parent is gone: the main thread cannot see that while a script hangs in it.
 * The parent holds the other end of descriptor 4 and never writes to it, so the read ends when the parent does.
 * Where the parent cannot look at this process's memory, the thread also does that.
 */
const die = () => process.kill(process.pid, 'SIGKILL');
read(4, Buffer.alloc(1), die);
if (workerData.selfWatchBytes > 0) {
  const limit = process.memoryUsage.rss() + workerData.selfWatchBytes;
  setInterval(() => process.memoryUsage.rss() > limit && die(), 10);
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window
parentPort?.postMessage('watching');
