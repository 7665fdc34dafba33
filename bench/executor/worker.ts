import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** A worker that takes 10 ms for each task of the bench: polls in batches, as the SDKs do. Ends with this process. */
const [conductor, taskMs = '10'] = process.argv.slice(2) as [string, string?];
const dispatcher = new Agent({ connections: 64 });
const poll = `${conductor}/tasks/poll/batch/bench_simple_task?workerid=bench&count=20&timeout=100`;

interface Task {
  taskId: string;
  workflowInstanceId: string;
}

async function work({ taskId, workflowInstanceId }: Task): Promise<void> {
  await delay(Number(taskMs));
  const { statusCode, body } = await request(`${conductor}/tasks/update-v2`, {
    ...{ method: 'POST', dispatcher, headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ taskId, workflowInstanceId, workerId: 'bench', status: 'COMPLETED', outputData: { v: 1 } }),
  });
  const text = await body.text();
  // The answer to one task may bring the next.
  if (statusCode === 200 && text !== '') await work(JSON.parse(text) as Task);
}

async function pollOnce(): Promise<void> {
  const { statusCode, body } = await request(poll, { dispatcher });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`poll: ${statusCode} ${text.slice(0, 200)}`);
  for (const task of JSON.parse(text) as Task[]) work(task).catch(console.error);
}

process.on('disconnect', () => process.exit());
process.send?.('polling');
for (;;) await pollOnce().catch(console.error);
