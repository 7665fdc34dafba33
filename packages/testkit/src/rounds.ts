/** How many times over series and random tests run: `npm test -- --rounds=20` sets it; 1 in an ordinary run. */
export const rounds = Number(process.env.ROSTRUM_TEST_ROUNDS ?? 1);
