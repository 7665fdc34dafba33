import { connect } from 'node:net';

/**
 * Makes sure that a server which was named in the environment can be reached; of several, separated by commas, one is
 * enough.
 *
 * @throws {Error} naming the variable and what to do.
 */
export async function requireReachable(variable: string, value: string, usualPort: number): Promise<void> {
  const answers = await Promise.all(value.split(',').map((url) => accepts(url.trim(), usualPort)));
  if (answers.includes(true)) return;
  throw new Error(`${variable} names ${value}, and nobody answers there: start that server, or unset ${variable}.`);
}

/** Whether a TCP connection is accepted within 3 s. */
function accepts(address: string, usualPort: number): Promise<boolean> {
  const url = URL.parse(address.includes('://') ? address : `tcp://${address}`);
  if (!url) return Promise.resolve(false);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(url.port) || usualPort, timeout: 3_000 });
    const answer = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false));
  });
}
