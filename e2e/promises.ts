import { type Target, waitFor } from '@rostrum/testkit';
import { describe, expect, it } from 'vitest';
import { call, feedback, workflowStatus } from './support.ts';

/** What the README promises of the examples, whatever they run on. */
export function keepsItsPromises(gateway: () => Target): void {
  describe('feedback: a workflow behind an API key', () => {
    it('answers the bare output, between its two scripts', async () => {
      const answer = await call(gateway(), 'POST', '/api/feedback/%20Kettle-7%20', { body: feedback });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['x-request-id']).toMatch(/^\w{12}-\w+$/);
      expect(answer.body).toEqual({
        productId: 'kettle-7',
        sentiment: 'positive',
        score: 60,
        nextStep: 'ask-for-review',
        message: 'Thank you! Would you tell others, too?',
      });
    });

    it('takes the other ways of the switch for other input', async () => {
      const next = async (rating: number, comment: string) =>
        (await call(gateway(), 'POST', '/api/feedback/p', { body: { rating, comment } })).body.nextStep;
      expect(await Promise.all([next(1, 'broken and slow'), next(3, 'fine')])).toEqual(['open-ticket', 'file']);
    });

    it('takes the key as a bearer token, too', async () => {
      const headers = { authorization: `Bearer ${gateway().apiKey}` };
      expect((await call(gateway(), 'POST', '/api/feedback/p', { key: null, headers, body: feedback })).status).toBe(
        200,
      );
    });
  });

  describe('ticket: a worker, a cache and a limit', () => {
    const ticket = (id: string, customer: string) =>
      call(gateway(), 'GET', `/api/tickets/${id}?customerId=${customer}`);

    const missed = expect.stringMatching(/^rostrum; fwd=miss; stored; key="/);

    it('answers from the worker first and from the cache afterwards', async () => {
      const miss = await ticket('T-1', 'c1');
      expect([miss.status, miss.headers['cache-status']]).toEqual([200, missed]);
      expect(miss.body).toMatchObject({ ticketId: 'T-1', customerId: 'c1' });
      // The fill follows the answer.
      const hit = await waitFor(async () => {
        const answer = await ticket('T-1', 'c1');
        return answer.headers['cache-status']?.startsWith('rostrum; hit; ttl=') ? answer : undefined;
      });
      expect(hit.body).toEqual(miss.body);
      expect((await ticket('T-1', 'c2')).headers['cache-status']).toEqual(missed);
    });

    it('runs identical requests once', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => ticket('T-once', 'c-once')));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
      expect(new Set(answers.map(({ body }) => body.lookedUpAt)).size).toBe(1);
      const statuses = answers.map(({ headers }) => headers['cache-status']);
      expect(statuses.filter((status) => status?.startsWith('rostrum; fwd=miss; stored;'))).toHaveLength(1);
      expect(statuses.filter((status) => status?.startsWith('rostrum; fwd=miss; collapsed;'))).toHaveLength(9);
    });

    it('refuses a third execution of one customer, and serves another customer meanwhile', async () => {
      const [a, b, c, other] = await Promise.all([
        ...['1', '2', '3'].map((id) => ticket(`T-l${id}`, 'c-limit')),
        ticket('T-l1', 'c-else'),
      ]);
      const statuses = [a, b, c].map((answer) => answer?.status).sort((x = 0, y = 0) => x - y);
      expect(statuses).toEqual([200, 200, 429]);
      expect(other?.status).toBe(200);
      const refused = [a, b, c].find((answer) => answer?.status === 429);
      expect(refused?.headers).toMatchObject({
        'retry-after': expect.stringMatching(/^\d+$/),
        'ratelimit-policy': '"concurrency";q=2;qu="concurrent-requests"',
        'content-type': 'application/problem+json',
      });
      expect(refused?.body).toMatchObject({ status: 429, type: expect.stringMatching(/concurrency-limit-reached$/) });
      await waitFor(async () => (await ticket('T-l9', 'c-limit')).status === 200);
    });
  });

  describe('approval: an answer while the workflow goes on', () => {
    it('gives the first task’s output, and the workflow still runs', async () => {
      const answer = await call(gateway(), 'POST', '/api/approvals', {
        key: null,
        body: { title: 'New desk', amount: 1200 },
      });
      expect(answer.status).toBe(200);
      const { approvalId, ...result } = answer.body.result;
      expect(result).toEqual({ title: 'New desk', amount: 1200, approver: 'board', state: 'waiting' });
      expect(await workflowStatus(gateway(), approvalId)).toBe('RUNNING');
    });
  });
}
