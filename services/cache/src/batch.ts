interface Waiting<I, O> {
  item: I;
  resolve(result: O): void;
  reject(error: unknown): void;
}

/**
 * Gathers the calls of one turn of the event loop and does their work together, at most `maxItems` at a time. `work`
 * gives one result for each item, in order; when it rejects, all of its calls do. Only items of one part are together.
 */
export function batchPerTurn<I, O>(
  work: (items: I[]) => Promise<O[]>,
  maxItems: number,
  partOf: (item: I) => string = () => '',
): (item: I) => Promise<O> {
  let waiting: Waiting<I, O>[] = [];

  const run = async (batch: Waiting<I, O>[]) => {
    try {
      const results = await work(batch.map(({ item }) => item));
      for (const [place, call] of batch.entries()) call.resolve(results[place] as O);
    } catch (error) {
      for (const call of batch) call.reject(error);
    }
  };
  const flush = () => {
    const parts = Map.groupBy(waiting, ({ item }) => partOf(item));
    waiting = [];
    for (const all of parts.values()) {
      for (let at = 0; at < all.length; at += maxItems) void run(all.slice(at, at + maxItems));
    }
  };
  return (item) =>
    new Promise<O>((resolve, reject) => {
      if (waiting.push({ item, resolve, reject }) === 1) setImmediate(flush);
    });
}
