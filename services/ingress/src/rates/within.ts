/** Whether it has settled within `ms`. Never rejects. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const time = Promise.withResolvers<boolean>();
  // In a turn that comes late the timer goes before what has arrived meanwhile: that is looked at first.
  const timer = setTimeout(() => setImmediate(() => time.resolve(false)), ms);
  try {
    return await Promise.race([work.then(settled, settled), time.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function settled(): boolean {
  return true;
}
