import { z } from 'zod';
import type { Settings } from '../config.ts';
import { type Conductor, ConductorError, type StartRequest, terminalStatuses } from '../domain/conductor.ts';
import { createHttp, type Http } from './http.ts';
import { createTokens, parseJson } from './tokens.ts';

const status = z.enum(['RUNNING', 'PAUSED', ...terminalStatuses]);
const output = z.record(z.string(), z.unknown()).nullish();
const statusAnswer = z.object({ status, output });
const task = z.object({
  referenceTaskName: z.string(),
  status: z.string(),
  outputData: z.unknown().optional(),
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

export function createConductor(settings: Settings): Conductor {
  const { CONDUCTOR_SERVER_URL, CONDUCTOR_MAX_RESPONSE_BYTES, CONDUCTOR_AUTH_KEY, CONDUCTOR_AUTH_SECRET } = settings;
  const credentials =
    CONDUCTOR_AUTH_KEY === undefined
      ? undefined
      : { keyId: CONDUCTOR_AUTH_KEY, keySecret: CONDUCTOR_AUTH_SECRET ?? '' };
  const http = createHttp(CONDUCTOR_SERVER_URL, CONDUCTOR_MAX_RESPONSE_BYTES, (send) =>
    createTokens(credentials, send),
  );
  return {
    start: (request, timeoutMs) => start(http, request, timeoutMs),
    async status(workflowId, timeoutMs) {
      const query = 'includeOutput=true&includeVariables=false';
      return get(http, statusAnswer, `/workflow/${encodeURIComponent(workflowId)}/status?${query}`, timeoutMs);
    },
    workflow: (workflowId, includeTasks, timeoutMs) =>
      get(http, workflowAnswer, `/workflow/${encodeURIComponent(workflowId)}?includeTasks=${includeTasks}`, timeoutMs),
    async find(name, correlationId, timeoutMs) {
      const path = `/workflow/${encodeURIComponent(name)}/correlated/${encodeURIComponent(correlationId)}`;
      const [first] = await get(http, correlated, `${path}?includeClosed=true&includeTasks=false`, timeoutMs);
      return first?.workflowId;
    },
    async terminate(workflowId, reason, timeoutMs) {
      const path = `/workflow/${encodeURIComponent(workflowId)}?reason=${encodeURIComponent(reason)}`;
      await http.call({ method: 'DELETE', path, timeoutMs });
    },
    close: () => http.close(),
  };
}

async function start(
  http: Http,
  { name, version, input, correlationId, traceparent }: StartRequest,
  timeoutMs: number,
): Promise<string> {
  const head = JSON.stringify({ name, ...(version === undefined ? {} : { version }), correlationId });
  const body = `${head.slice(0, -1)},"input":${input}}`;
  const answer = (await http.call({ method: 'POST', path: '/workflow', body, traceparent, timeoutMs })).trim();
  const workflowId = answer.startsWith('"') ? parseJson(answer) : answer;
  if (typeof workflowId !== 'string' || !/^[\w-]{1,100}$/.test(workflowId)) {
    throw new ConductorError('garbage', 'POST /workflow: not a workflow id', { excerpt: answer });
  }
  return workflowId;
}

async function get<S extends z.ZodType>(http: Http, schema: S, path: string, timeoutMs: number): Promise<z.output<S>> {
  const body = await http.call({ method: 'GET', path, timeoutMs });
  const parsed = schema.safeParse(parseJson(body));
  if (!parsed.success) throw new ConductorError('garbage', `GET ${path}: not what was asked for`, { excerpt: body });
  return parsed.data;
}
