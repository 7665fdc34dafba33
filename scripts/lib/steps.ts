/** Shows a part that is done, and the time it took. */
export function showStep(what: string, tookMs: number) {
  console.log(`  ✓ ${what}  ${(tookMs / 1000).toFixed(1)} s`);
}

/** Runs a step of a command and shows it with the time it took. */
export async function step<T>(what: string, action: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  try {
    const result = await action();
    showStep(what, performance.now() - begin);
    return result;
  } catch (error) {
    console.log(`  ✗ ${what}  ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    throw error;
  }
}
