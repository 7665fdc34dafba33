import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@rostrum/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import type { Workflow } from '../engine/model.ts';
import { StatusPublisher } from './status-publisher.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A publisher, and a receiver that answers as `answer` does. */
function setUp(answer: (workflowId: string, response: ServerResponse) => void) {
  const lost: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => answer((JSON.parse(text) as { workflowId: string }).workflowId, response));
  }).listen(0);
  const { port } = server.address() as AddressInfo;
  const publisher = new StatusPublisher({
    url: `http://127.0.0.1:${port}`,
    statuses: new Set(['COMPLETED', 'PAUSED']),
    onLost: (_, workflowId) => lost.push(workflowId),
  });
  closing.push(
    () => server.close().closeAllConnections(),
    () => publisher.close(),
  );
  return { publisher, lost };
}

const workflow = (workflowId: string, workflowStatusListenerEnabled = true) =>
  ({
    ...{ workflowId, priority: 0, createTime: 1, updateTime: 2, endTime: 3, status: 'COMPLETED' },
    ...{
      input: {},
      output: {},
      failed: [],
      plan: { def: { name: 'flow', version: 1, workflowStatusListenerEnabled } },
    },
  }) as unknown as Workflow;

describe('a publisher of statuses', () => {
  test('sends one after the other, and nothing twice', async () => {
    const received: string[] = [];
    const { publisher, lost } = setUp((workflowId, response) => {
      received.push(workflowId);
      response.writeHead(workflowId === 'b' ? 500 : 200).end();
    });
    for (const id of ['a', 'b', 'c']) publisher.publish(workflow(id), 'COMPLETED');
    await waitFor(() => received.length === 3);
    expect([received, lost]).toEqual([['a', 'b', 'c'], ['b']]);
  });

  test('sends what is subscribed, and of workflows that ask for nothing only the end', async () => {
    const received: string[] = [];
    const { publisher } = setUp((workflowId, response) => {
      received.push(workflowId);
      response.end();
    });
    publisher.publish(workflow('resumed'), 'RESUMED');
    publisher.publish(workflow('quiet', false), 'PAUSED');
    publisher.publish(workflow('paused'), 'PAUSED');
    publisher.publish(workflow('quiet end', false), 'COMPLETED');
    await waitFor(() => received.length === 2);
    expect(received).toEqual(['paused', 'quiet end']);
  });

  test('loses what comes when a thousand wait for a receiver that does not answer, and stops at once', async () => {
    let asked = 0;
    const { publisher, lost } = setUp(() => {
      asked += 1;
    });
    publisher.publish(workflow('first'), 'COMPLETED');
    await waitFor(() => asked === 1);
    for (let index = 0; index < 1003; index += 1) publisher.publish(workflow(`w${index}`), 'COMPLETED');
    expect(lost).toEqual(['w1000', 'w1001', 'w1002']);
    const began = performance.now();
    await publisher.close();
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
