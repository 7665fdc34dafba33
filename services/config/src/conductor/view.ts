import { type GivenSchema, isGivenSchema } from '@rostrum/contract/json-schema';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { ConductorView, WorkflowTasks } from '../write/look-ahead.ts';
import { createCalls } from './calls.ts';
import type { OwnToken } from './own-token.ts';

/** Long enough for a file of many routes, short enough for "deployed now, tried again" (ms). */
const keptMs = 5_000;
/** The most that a write waits for Conductor (ms). */
const patienceMs = 1_000;
/** After it has not answered it is not asked for so long (ms): writes would each wait for it. */
const pauseMs = 5_000;

/** Past about ten calls in flight Conductor gets slower, not faster. */
const parallel = 4;

const schemaDef = z.object({ type: z.literal('JSON').optional(), data: z.custom<GivenSchema>(isGivenSchema) });

/**
 * Looks into a Conductor and changes nothing there. What it answers is remembered for some seconds; while it does not
 * answer, nothing is known, and it is left in peace.
 */
export function createConductorView(conductor: { url: string; ownToken: OwnToken }): ConductorView {
  const call = createCalls(conductor);
  const inTurn = createTurns(parallel);
  let askAgainAt = 0;
  const known = new LRUCache<string, Answer>({ max: 1_000, ttl: keptMs });
  const asking = new Map<string, Promise<Answer | undefined>>();

  const ask = async (path: string): Promise<Answer | undefined> => {
    if (performance.now() < askAgainAt) return undefined;
    try {
      const answer = await call(path, AbortSignal.timeout(patienceMs));
      known.set(path, answer);
      return answer;
    } catch {
      // Whatever it was, a write does not depend on it.
      askAgainAt = performance.now() + pauseMs;
      return undefined;
    }
  };
  /** One call for all who ask for the same at once. What comes too late is there for the next. */
  const get = (path: string): Promise<Answer | undefined> => {
    const answer = known.get(path);
    if (answer) return Promise.resolve(answer);
    let asked = asking.get(path);
    if (!asked) {
      asked = inTurn(() => ask(path)).finally(() => asking.delete(path));
      asking.set(path, asked);
    }
    return inTime(asked);
  };

  return {
    async tasksOf(name, version) {
      const query = version ? `?version=${version}` : '';
      const answer = await get(`/metadata/workflow/${segment(name)}${query}`);
      if (answer?.status === 404) return null;
      return answer?.status === 200 ? tasksIn(answer.body) : undefined;
    },
    async schema({ name, version }) {
      const answer = await get(`/schema/${segment(name)}${version ? `/${version}` : ''}`);
      // Conductor OSS has no registry: 404 for every path of it.
      if (answer?.status === 404) return null;
      const parsed = answer?.status === 200 ? schemaDef.safeParse(answer.body) : undefined;
      return parsed?.success ? parsed.data.data : undefined;
    },
  };
}

/** A name within a path. `..` would name another path, however it is escaped; nothing is called that. */
function segment(name: string): string {
  return /^\.+$/.test(name) ? `%20${name}` : encodeURIComponent(name);
}

/** Undefined when it takes longer than a write waits. */
function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** So many at a time; the others wait for their turn. */
function createTurns(max: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // A turn is handed over, so that nobody comes in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

interface Answer {
  status: number;
  body: unknown;
}

/** Tasks whose tasks are made when they run. */
const dynamic = new Set(['FORK_JOIN_DYNAMIC', 'DYNAMIC']);

/** The reference names in a definition, those of branches and loops included. */
function tasksIn(definition: unknown): WorkflowTasks {
  const found = { names: new Set<string>(), dynamic: false };
  const look = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const { taskReferenceName, type } = part as Record<string, unknown>;
    if (typeof taskReferenceName === 'string') {
      found.names.add(taskReferenceName);
      if (dynamic.has(String(type))) found.dynamic = true;
    }
    for (const inner of Object.values(part)) look(inner);
  };
  look((definition as { tasks?: unknown } | null)?.tasks);
  return found;
}
