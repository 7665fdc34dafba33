import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.applyExamples();
}, 90_000);
afterAll(() => gateway?.stop());

const post = (path: string, json: unknown, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(json),
  });

describe('feedback', () => {
  const send = (productId: string, json: unknown) =>
    post(`/api/feedback/${productId}`, json, { 'X-API-Key': gateway.apiKey });

  test.for([
    [5, 'Great coffee', 'positive', 'ask-for-review'],
    [3, 'It makes coffee', 'neutral', 'file'],
    [1, 'Broken, and nobody answers', 'negative', 'open-ticket'],
  ] as const)('rating %i, "%s", is %s', async ([rating, comment, sentiment, nextStep]) => {
    const answer = await send('kettle', { rating, comment });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ productId: 'kettle', sentiment, nextStep });
  });

  test('the pre-request script tidies the input up', async () => {
    const answer = await send('%20Kettle', { rating: 4, comment: ' good \n ' });
    expect(await answer.json()).toMatchObject({ productId: 'kettle', score: 30 });
  });

  test('what does not fit the schema is named, all of it', async () => {
    const answer = await send('kettle', { rating: 6 });
    expect(answer.status).toBe(400);
    const { errors } = (await answer.json()) as { errors: unknown[] };
    expect(errors).toHaveLength(2);
  });

  test('without the key nobody gets in', async () => {
    expect((await post('/api/feedback/kettle', { rating: 5, comment: 'Great' })).status).toBe(401);
  });
});

describe('ticket', () => {
  const look = (ticketId: string, query: string) =>
    fetch(`${gateway.url}/api/tickets/${ticketId}${query}`, { headers: { 'X-API-Key': gateway.apiKey } });

  test('an answer is kept for the customer and the ticket', async () => {
    const first = await look('T-1', '?customerId=c1');
    const found = (await first.json()) as object;
    expect(found).toMatchObject({ ticketId: 'T-1', customerId: 'c1', subject: expect.any(String) });
    // The time of the look-up is in it: the same one again means that nothing ran.
    expect(await (await look('T-1', '?customerId=c1')).json()).toEqual(found);
    const isHit = async () => (await look('T-1', '?customerId=c1')).headers.get('cache-status')?.includes('hit');
    await waitFor(isHit, { what: 'a hit' });
    const other = await look('T-1', '?customerId=c2');
    expect(other.headers.get('cache-status')).not.toContain('hit');
  });

  test('the customer has to be named', async () => {
    expect((await look('T-1', '')).status).toBe(400);
  });

  test('a customer may have two look-ups at the same time', async () => {
    const three = await Promise.all(['T-10', 'T-11', 'T-12'].map((ticket) => look(ticket, '?customerId=c3')));
    expect(three.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 429]);
    // Both places are free again when the look-ups have ended.
    await waitFor(async () => (await look('T-13', '?customerId=c3')).status === 200, { what: 'a free place' });
  });
});

test('approval: the caller has the first output while a human has yet to decide', async () => {
  const answer = await post('/api/approvals', { title: 'A new machine', amount: 1200 });
  expect(answer.status).toBe(200);
  const { result } = (await answer.json()) as { result: { approvalId: string } };
  expect(result).toMatchObject({ title: 'A new machine', amount: 1200, approver: 'board', state: 'waiting' });

  const conductor = gateway.stack.around.conductor.url;
  const execution = async () =>
    (await (await fetch(`${conductor}/workflow/${result.approvalId}?includeTasks=true`)).json()) as {
      status: string;
      output: unknown;
      tasks: { taskId: string; referenceTaskName: string }[];
    };
  const { status, tasks } = await execution();
  expect(status).toBe('RUNNING');
  const human = tasks.find(({ referenceTaskName }) => referenceTaskName === 'decide');
  await fetch(`${conductor}/tasks`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      workflowInstanceId: result.approvalId,
      taskId: human?.taskId,
      status: 'COMPLETED',
      outputData: { approved: true },
    }),
  });
  await waitFor(async () => (await execution()).status === 'COMPLETED', { what: 'the approval to complete' });
  expect((await execution()).output).toMatchObject({ decision: { approved: true } });
});
