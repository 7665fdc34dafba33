import { z } from 'zod';
import type { Settings } from '../config.ts';
import {
  type Conductor,
  ConductorError,
  type ConductorFault,
  type Identity,
  type StartRequest,
  terminalStatuses,
  type Turn,
  type Workflow,
  type WorkflowState,
  workflowIdPattern,
} from '../domain/conductor.ts';
import { Gate, type GateStats } from './gate.ts';
import { createHttp, type CredentialsOf, type Http } from './http.ts';
import { parseJson } from './tokens.ts';

const status = z.enum(['RUNNING', 'PAUSED', ...terminalStatuses]);
const output = z.record(z.string(), z.unknown()).nullish();
const statusAnswer = z.object({ status, output });
const task = z.object({
  referenceTaskName: z.string(),
  status: z.string(),
  outputData: z.unknown().optional(),
  endTime: z.number().nullish(),
  reasonForIncompletion: z.string().nullish(),
});
const workflowAnswer = z.object({
  workflowId: z.string(),
  status,
  output,
  reasonForIncompletion: z.string().nullish(),
  createTime: z.number().nullish(),
  endTime: z.number().nullish(),
  tasks: z.array(task).optional(),
});
const correlated = z.array(z.object({ workflowId: z.string() }));

export type CallKind = 'start' | 'status' | 'workflow' | 'find' | 'terminate';

export interface ConductorHooks {
  /** A call has ended, or was refused: `ok`, or the fault; with its time, the queue's included (ms). */
  onCall(kind: CallKind, outcome: ConductorFault | 'ok' | 'fault', ms: number): void;
  /** Conductor is away and not called any more, or is called again. */
  onBreaker(open: boolean): void;
  /** The queue of calls has become full, or has room again. */
  onFull(full: boolean): void;
}

export interface GatedConductor extends Conductor {
  stats(): GateStats;
  /** Starts that wait for their turn are refused: they are for another process. */
  drain(): void;
}

export function createConductor(
  settings: Settings,
  hooks: ConductorHooks,
  credentialsOf: CredentialsOf = async () => undefined,
): GatedConductor {
  const { CONDUCTOR_SERVER_URL, CONDUCTOR_MAX_RESPONSE_BYTES, CONDUCTOR_AUTH_KEY, CONDUCTOR_AUTH_SECRET } = settings;
  const own =
    CONDUCTOR_AUTH_KEY === undefined
      ? undefined
      : { keyId: CONDUCTOR_AUTH_KEY, keySecret: CONDUCTOR_AUTH_SECRET ?? '' };
  const http = createHttp(CONDUCTOR_SERVER_URL, CONDUCTOR_MAX_RESPONSE_BYTES, own, credentialsOf);
  const gate = new Gate({
    ...hooks,
    maxWaiting: settings.CONDUCTOR_QUEUE_MAX,
    maxWaitingBytes: settings.CONDUCTOR_QUEUE_MAX_BYTES,
    callTimeoutMs: settings.CONDUCTOR_CALL_TIMEOUT_MS,
    probe: (timeoutMs) => http.probe(timeoutMs),
  });
  const lightStatus = createLightStatus(http);
  /** Every call passes the gate, and is counted when it was made or refused. */
  const pass = async <T>(
    kind: CallKind,
    turn: Turn,
    bytes: number,
    make: (timeoutMs: number) => Promise<T>,
  ): Promise<T> => {
    const began = performance.now();
    try {
      const result = await gate.pass(turn, bytes, make);
      hooks.onCall(kind, 'ok', performance.now() - began);
      return result;
    } catch (error) {
      hooks.onCall(kind, error instanceof ConductorError ? error.fault : 'fault', performance.now() - began);
      throw error;
    }
  };
  return {
    start: (request, turn) =>
      pass('start', turn, request.input.length, (timeoutMs) => start(http, request, turn.as, timeoutMs)),
    status: (workflowId, turn) => pass('status', turn, 0, (timeoutMs) => lightStatus(workflowId, turn.as, timeoutMs)),
    workflow: (workflowId, includeTasks, turn) =>
      pass('workflow', turn, 0, (timeoutMs) => whole(http, workflowId, includeTasks, turn.as, timeoutMs)),
    async find(name, correlationId, turn) {
      const path = `/workflow/${encodeURIComponent(name)}/correlated/${encodeURIComponent(correlationId)}`;
      const query = 'includeClosed=true&includeTasks=false';
      const found = await pass('find', turn, 0, (timeoutMs) =>
        get(http, correlated, `${path}?${query}`, turn.as, timeoutMs),
      );
      return found[0]?.workflowId;
    },
    async terminate(workflowId, reason, turn) {
      const path = `/workflow/${encodeURIComponent(workflowId)}?reason=${encodeURIComponent(reason)}`;
      await pass('terminate', turn, 0, (timeoutMs) => http.call({ method: 'DELETE', path, timeoutMs, as: turn.as }));
    },
    stats: () => gate.stats(),
    drain: () => gate.drain(),
    async close() {
      gate.close();
      await http.close();
    },
  };
}

function whole(
  http: Http,
  workflowId: string,
  includeTasks: boolean,
  as: Identity | undefined,
  timeoutMs: number,
): Promise<Workflow> {
  const path = `/workflow/${encodeURIComponent(workflowId)}?includeTasks=${includeTasks}`;
  return get(http, workflowAnswer, path, as, timeoutMs);
}

/** How long a server is believed to have no light status, before it is asked again (ms): it may be another by then. */
const WITHOUT_LIGHT_STATUS_MS = 60_000;

/** The light status, or on servers that have none (404 for a workflow that is there) the whole workflow. */
function createLightStatus(
  http: Http,
): (workflowId: string, as: Identity | undefined, timeoutMs: number) => Promise<WorkflowState> {
  let absentUntil = 0;
  return async (workflowId, as, timeoutMs) => {
    const end = performance.now() + timeoutMs;
    const left = () => end - performance.now();
    if (performance.now() < absentUntil) return whole(http, workflowId, false, as, left());
    try {
      const query = 'includeOutput=true&includeVariables=false';
      return await get(http, statusAnswer, `/workflow/${encodeURIComponent(workflowId)}/status?${query}`, as, left());
    } catch (error) {
      if (!(error instanceof ConductorError) || (error.status !== 404 && error.status !== 405)) throw error;
      const workflow = await whole(http, workflowId, false, as, left());
      absentUntil = performance.now() + WITHOUT_LIGHT_STATUS_MS;
      return workflow;
    }
  };
}

async function start(
  http: Http,
  { name, version, input, correlationId, traceparent, idempotencyKey }: StartRequest,
  as: Identity | undefined,
  timeoutMs: number,
): Promise<string> {
  const once = idempotencyKey === undefined ? {} : { idempotencyKey, idempotencyStrategy: 'RETURN_EXISTING' };
  const head = JSON.stringify({ name, ...(version === undefined ? {} : { version }), correlationId, ...once });
  const body = `${head.slice(0, -1)},"input":${input}}`;
  const answer = (await http.call({ method: 'POST', path: '/workflow', body, traceparent, timeoutMs, as })).trim();
  const workflowId = answer.startsWith('"') ? parseJson(answer) : answer;
  if (typeof workflowId !== 'string' || !workflowIdPattern.test(workflowId)) {
    throw new ConductorError('garbage', 'POST /workflow: not a workflow id', { excerpt: answer });
  }
  return workflowId;
}

async function get<S extends z.ZodType>(
  http: Http,
  schema: S,
  path: string,
  as: Identity | undefined,
  timeoutMs: number,
): Promise<z.output<S>> {
  const body = await http.call({ method: 'GET', path, timeoutMs, as });
  const parsed = schema.safeParse(parseJson(body));
  if (!parsed.success) throw new ConductorError('garbage', `GET ${path}: not what was asked for`, { excerpt: body });
  return parsed.data;
}
