import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@rostrum/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { testedServers } from './servers.ts';

/**
 * What a server pushes when workflows end. A real server takes part when it was started with
 * `conductor.workflow-status-listener.type=workflow_publisher`, `conductor.status-notifier.notification.url=http://127.0.0.1:PORT/hook`
 * and `…subscribed-workflow-statuses=COMPLETED,FAILED,TIMED_OUT,TERMINATED`, and CONDUCTOR_PUSH_PORT names the port.
 */
const port = Number(process.env.CONDUCTOR_PUSH_PORT ?? 0);
const pushes: { url: string | undefined; type: string | undefined; body: Record<string, unknown>; text: string }[] = [];
const receiver = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  request.on('end', () => {
    const body = JSON.parse(text) as Record<string, unknown>;
    pushes.push({ url: request.url, type: request.headers['content-type'], body, text });
    response.end();
  });
}).listen(port, '127.0.0.1');
await once(receiver, 'listening');
afterAll(() => receiver.close().closeAllConnections());
const { port: listening } = receiver.address() as AddressInfo;

const servers = testedServers({ CONDUCTOR_DEV_PUSH_URL: `http://127.0.0.1:${listening}/hook` });
for (const server of port === 0 ? servers.slice(0, 1) : servers) {
  describe(`pushes of ${server.name}`, () => {
    const name = `push_${Date.now().toString(36)}`;
    const request = async (method: string, path: string, body?: unknown) => {
      const init =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const response = await fetch(`${server.url()}${path}`, { method, ...init });
      expect(response.status, `${method} ${path}`).toBeLessThan(300);
      return response.text();
    };
    const define = (tasks: object[], def: object) =>
      request('POST', '/metadata/workflow?overwrite=true', {
        name,
        version: 1,
        ownerEmail: 'a@example.com',
        tasks,
        ...def,
      });
    const start = (body: object = {}) => request('POST', '/workflow', { name, ...body });
    const pushOf = (workflowId: string) =>
      waitFor(() => pushes.find(({ body }) => body.workflowId === workflowId), { timeoutMs: 30_000 });
    const enabled = { workflowStatusListenerEnabled: true };
    const set = { name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE', inputParameters: { a: 1 } };
    const ask = { name: 'ask', taskReferenceName: 'ask', type: 'HUMAN' };

    test('a completed workflow, its input and output as Java writes them', async () => {
      await define([set], { ...enabled, outputParameters: { a: '${workflow.variables.a}', b: [null, { c: 'x' }] } });
      const id = await start({ input: { v: 1, o: { n: null, l: [] } }, correlationId: 'c', priority: 5 });
      const { url, type, body, text } = await pushOf(id);
      expect([url, type]).toEqual(['/hook/null', 'application/json']);
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(body).toEqual({
        ...{ workflowType: name, version: 1, workflowId: id, correlationId: 'c', status: 'COMPLETED' },
        ...{ startTime: time, updateTime: time, endTime: time, executionTime: expect.any(Number) },
        ...{ input: '{v=1, o={n=null, l=[]}}', inputSize: 23, output: '{a=1, b=[null, {c=x}]}', outputSize: 22 },
        ...{ reasonForIncompletion: null, failedReferenceTaskNames: '', failedTaskNames: [], priority: 5 },
        ...{ event: null, createdBy: null, taskToDomain: {}, idempotencyKey: null, parentWorkflowId: '' },
        ...{ externalInputPayloadStoragePath: null, externalOutputPayloadStoragePath: null },
        ...{ classifier: 'workflow', statusNotifier: null },
      });
      expect(Object.keys(JSON.parse(text) as object)).toEqual([
        ...['workflowType', 'version', 'workflowId', 'correlationId', 'startTime', 'updateTime', 'endTime', 'status'],
        ...['input', 'output', 'reasonForIncompletion', 'executionTime', 'event', 'failedReferenceTaskNames'],
        ...['externalInputPayloadStoragePath', 'externalOutputPayloadStoragePath', 'priority', 'failedTaskNames'],
        ...['createdBy', 'taskToDomain', 'idempotencyKey', 'parentWorkflowId', 'classifier', 'statusNotifier'],
        ...['inputSize', 'outputSize'],
      ]);
    });

    test('one that was terminated and one that failed', async () => {
      await define([ask], enabled);
      const id = await start();
      await request('DELETE', `/workflow/${id}?reason=over`);
      expect((await pushOf(id)).body).toMatchObject({ status: 'TERMINATED', reasonForIncompletion: 'over' });
      const other = await start();
      await request('POST', `/tasks/${other}/ask/FAILED`, { z: 1 });
      expect((await pushOf(other)).body).toMatchObject({
        status: 'FAILED',
        output: '{z=1}',
        failedReferenceTaskNames: 'ask',
        failedTaskNames: ['ask'],
      });
    });

    test('ends also of workflows whose definition asks for nothing', async () => {
      await define([set], {});
      const id = await start();
      expect((await pushOf(id)).body).toMatchObject({ status: 'COMPLETED' });
      await define([ask], {});
      const other = await start();
      await request('DELETE', `/workflow/${other}`);
      expect((await pushOf(other)).body).toMatchObject({ status: 'TERMINATED' });
    });

    test('nothing but ends, and each once', async () => {
      await define([ask], enabled);
      const id = await start();
      await request('PUT', `/workflow/${id}/pause`);
      await request('PUT', `/workflow/${id}/resume`);
      await request('POST', `/tasks/${id}/ask/COMPLETED`, {});
      const last = await start();
      await request('DELETE', `/workflow/${last}`);
      await pushOf(last);
      expect(pushes.filter(({ body }) => body.workflowId === id).map(({ body }) => body.status)).toEqual(['COMPLETED']);
    });
  });
}
