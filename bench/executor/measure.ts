import { Agent, request } from 'undici';

export interface Measured {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/** Runs `call` by so many callers at once, each one after another, for `ms`. */
export async function measure(callers: number, ms: number, call: () => Promise<unknown>): Promise<Measured> {
  const times: number[] = [];
  const begin = performance.now();
  const end = begin + ms;
  const caller = async () => {
    while (performance.now() < end) {
      const from = performance.now();
      await call();
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - begin) / 1_000;
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor((times.length - 1) * part)] ?? Number.NaN;
  return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99) };
}

const agent = new Agent({ connections: 256, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });

/** Posts JSON and reads the answer. @throws {Error} when it is not a 200. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<string> {
  const { statusCode, body: answer } = await request(url, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${text.slice(0, 500)}`);
  return text;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
