/** Started by life.test.ts, which kills it: a parent whose children hang in a built-in that nothing interrupts. */
import { createSandbox } from '../src/index.ts';

const sandbox = await createSandbox({ size: 2, spares: 0 });
const run = { script: 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', input: 'null', deadlineMs: 60_000 };
sandbox.run({ ...run, owner: 'a', revision: 'a@1' }).catch(() => {});
const watch = setInterval(() => {
  const { children } = sandbox.stats();
  if (!children.some(({ running }) => running)) return;
  clearInterval(watch);
  process.stdout.write(`${JSON.stringify(children.map(({ pid }) => pid))}\n`);
}, 5);
