import { describe, expect, test } from 'vitest';
import { testedServers } from './conformance/servers.ts';

const [server] = testedServers();
const request = async (method: string, path: string, body?: unknown) => {
  const init = { method, headers: { 'content-type': 'application/json' } };
  const response = await fetch(
    `${server?.url()}${path}`,
    body === undefined ? { method } : { ...init, body: JSON.stringify(body) },
  );
  return { status: response.status, message: ((await response.json()) as { message: string }).message };
};
const task = { name: 'it', taskReferenceName: 'it', type: 'HUMAN' };
const loop = (name: string, loopOver: object[]) => ({
  name,
  taskReferenceName: name,
  type: 'DO_WHILE',
  loopOver,
  loopCondition: 'false',
});
const define = (def: object) => request('POST', '/metadata/workflow', { name: 'refused', tasks: [task], ...def });

/** What a real Conductor can do and conductor-dev cannot: an error that names it, where it is asked for. */
describe('conductor-dev refuses', () => {
  test.each(['KAFKA_PUBLISH', 'EVENT', 'DECISION', 'LAMBDA', 'MY_OWN'])(
    'task type %s, also inside a case',
    async (type) => {
      const inner = { name: 'x', taskReferenceName: 'x', type };
      const pick = {
        ...task,
        type: 'SWITCH',
        evaluatorType: 'value-param',
        expression: 'x',
        decisionCases: { a: [inner] },
      };
      for (const tasks of [[inner], [pick]]) {
        const { status, message } = await define({ tasks });
        expect(status).toBe(501);
        expect(message).toContain(`task type ${type}`);
      }
    },
  );

  test.each([
    ['an expression as failureWorkflow', { failureWorkflow: '${workflow.input.x}' }],
    ['rateLimitConfig', { rateLimitConfig: { concurrentExecLimit: 1 } }],
    ['maskedFields', { maskedFields: ['a'] }],
    ['asyncComplete', { tasks: [{ ...task, asyncComplete: true }] }],
    ['onStateChange', { tasks: [{ ...task, onStateChange: { onStart: [{ type: 'x' }] } }] }],
    ['a DO_WHILE inside another one', { tasks: [loop('outer', [loop('inner', [task])])] }],
    ['workflow.secrets', { tasks: [{ ...task, inputParameters: { a: ['${workflow.secrets.key}'] } }] }],
    ['workflow.env', { outputParameters: { a: '${workflow.env.key}' } }],
    ['the operator size', { outputParameters: { a: '${it.output.list[?(@.b size 2)]}' } }],
    ['the function concat()', { outputParameters: { a: '${it.output.concat()}' } }],
    ['rateLimitPerFrequency', { tasks: [{ ...task, taskDefinition: { name: 'it', rateLimitPerFrequency: 1 } }] }],
  ])('%s in a definition', async (feature, def) => {
    const { status, message } = await define(def);
    expect([status, message]).toEqual([501, expect.stringContaining(feature)]);
  });

  test.each([
    ['rateLimitPerFrequency', { rateLimitPerFrequency: 2 }],
    ['isolationGroupId', { isolationGroupId: 'x' }],
    ['runtimeMetadata', { runtimeMetadata: ['x'] }],
  ])('%s in the definition of a task', async (feature, def) => {
    const { status, message } = await request('POST', '/metadata/taskdefs', [{ name: 'refused', ...def }]);
    expect([status, message]).toEqual([501, expect.stringContaining(feature)]);
  });

  test.each([['externalInputPayloadStoragePath', { externalInputPayloadStoragePath: 'x' }]])(
    '%s in a start',
    async (feature, body) => {
      const { status, message } = await request('POST', '/workflow', { name: 'any', ...body });
      expect([status, message]).toEqual([501, expect.stringContaining(feature)]);
    },
  );

  test.each([
    ['POST', '/workflow/test'],
    ['POST', '/workflow/bulk/search'],
    ['GET', '/event'],
    ['POST', '/event'],
    ['GET', '/workflow/externalstoragelocation'],
    ['POST', '/admin/sweep/requeue/some-id'],
  ])('%s %s', async (method, path) => {
    const { status, message } = await request(method, path);
    expect([status, message]).toEqual([501, expect.stringContaining(`${method} /api${path}`)]);
  });

  test('environment variables of its process are no expressions', async () => {
    const { status, message } = await define({ tasks: [{ ...task, inputParameters: { a: '${PATH}' } }] });
    expect([status, message]).toEqual([400, expect.any(String)]);
  });
});
