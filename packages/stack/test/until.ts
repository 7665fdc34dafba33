import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition, 30 s at most. (The testkit, which has more of this, is built on this package.) */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited 30 s for ${what}`);
    await delay(20);
  }
}
