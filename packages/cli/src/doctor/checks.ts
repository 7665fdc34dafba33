import { type AdminClient, ServerError } from '../client.ts';
import { CliError } from '../exit.ts';
import { gateway } from '../plan/live.ts';
import { probeNats, probeRedis } from './probe.ts';

export interface Finding {
  what: string;
  /** `skipped`: nobody said where it is. */
  state: 'fine' | 'bad' | 'skipped';
  detail: string;
  /** What to do about it. */
  advice?: string;
}

/** Clocks that differ by more than this make tokens expire early or late (ms). */
const maxSkewMs = 30_000;

export async function checkConfig(client: AdminClient): Promise<Finding[]> {
  const { server } = client.access;
  const begin = Date.now();
  let response: Response;
  try {
    response = await client.open('/version');
  } catch (error) {
    const advice = 'Is the config service running there? Name another by --server or ROSTRUM_SERVER';
    return [{ what: 'config service', state: 'bad', detail: messageOf(error), advice }];
  }
  const end = Date.now();
  const dialect = (await response.text()).replaceAll('"', '');
  const found: Finding[] = [
    { what: 'config service', state: 'fine', detail: `${server}, dialect ${dialect}, ${end - begin} ms` },
  ];
  return [...found, clockFinding(response.headers.get('date'), (begin + end) / 2), await tokenFinding(client)];
}

/** `Date` has whole seconds (RFC 9110, 6.6.1): up to one of difference says nothing. */
export function clockFinding(date: string | null, now: number): Finding {
  const time = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(time)) return { what: 'clocks', state: 'skipped', detail: 'the answer has no Date' };
  const skew = time + 500 - now;
  const seconds = (Math.abs(skew) / 1_000).toFixed(1);
  if (Math.abs(skew) <= maxSkewMs) return { what: 'clocks', state: 'fine', detail: `${seconds} s apart` };
  const detail = `the server's is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's`;
  return { what: 'clocks', state: 'bad', detail, advice: 'Tokens expire by the clock: set both by NTP' };
}

async function tokenFinding(client: AdminClient): Promise<Finding> {
  const what = 'access';
  try {
    const services = await client.get<unknown[]>(`${gateway}/services`);
    return { what, state: 'fine', detail: `key from ${client.access.from}; ${services.length} services` };
  } catch (error) {
    const status = error instanceof ServerError ? error.status : 0;
    const advice = status === 403 ? 'Give its application the role USER, or more' : 'Log in again: rostrum login';
    return { what, state: 'bad', detail: messageOf(error), advice };
  }
}

export async function checkNats(url: string | undefined): Promise<Finding> {
  const what = 'NATS';
  if (!url) return { what, state: 'skipped', detail: 'say where it is by --nats or NATS_URL' };
  try {
    // Of several servers each is a door to all: the first that answers will do.
    const { version, jetstream, refused } = await firstOf(url.split(','), probeNats);
    if (refused !== undefined)
      return { what, state: 'bad', detail: refused, advice: 'Put user and password into the URL' };
    const detail = `nats-server ${version}${jetstream ? ', JetStream' : ''}`;
    if (jetstream) return { what, state: 'fine', detail };
    return {
      what,
      state: 'bad',
      detail: `${detail} without JetStream`,
      advice: 'Start it with --jetstream: the configuration is kept there',
    };
  } catch (error) {
    return {
      what,
      state: 'bad',
      detail: messageOf(error),
      advice: 'Is nats-server running, and its port open to here?',
    };
  }
}

export async function checkRedis(url: string | undefined): Promise<Finding> {
  const what = 'Redis';
  if (!url) return { what, state: 'skipped', detail: 'say where it is by --redis or REDIS_URL' };
  try {
    const answer = await probeRedis(url);
    if (answer === '+PONG') return { what, state: 'fine', detail: 'answers' };
    return { what, state: 'bad', detail: answer, advice: 'Put user and password into the URL' };
  } catch (error) {
    return { what, state: 'bad', detail: messageOf(error), advice: 'Is Redis running, and its port open to here?' };
  }
}

export async function checkConductor(url: string | undefined): Promise<Finding> {
  const what = 'Conductor';
  if (!url) return { what, state: 'skipped', detail: 'say where it is by --conductor or CONDUCTOR_SERVER_URL' };
  const api = `${url.replace(/\/+$/, '').replace(/\/api$/, '')}/api`;
  try {
    const { status } = await fetch(`${api}/metadata/taskdefs`, { signal: AbortSignal.timeout(5_000) });
    if (status < 400) return { what, state: 'fine', detail: `${api} answers` };
    // One that wants tokens is there; whether the executors' credentials are right, their log says.
    if (status === 401 || status === 403) return { what, state: 'fine', detail: `${api} answers, and wants a token` };
    return { what, state: 'bad', detail: `${api} answers ${status}`, advice: 'Is that the address of its API?' };
  } catch (error) {
    const { cause, message } = error as Error;
    const detail = cause instanceof Error ? cause.message : message;
    return {
      what,
      state: 'bad',
      detail: `${api}: ${detail}`,
      advice: 'Is Conductor running, and its port open to here?',
    };
  }
}

export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return { what: 'Node', state: 'fine', detail: version };
  return { what: 'Node', state: 'bad', detail: version, advice: 'Use Node 22.18 or newer' };
}

async function firstOf<T>(urls: readonly string[], probe: (url: string) => Promise<T>): Promise<T> {
  try {
    return await Promise.any(urls.map(async (url) => probe(url.includes('://') ? url : `nats://${url}`)));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof CliError ? error.lines.join('; ') : (error as Error).message;
}
