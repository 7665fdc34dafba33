import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isForWorkers, isTerminal } from '../engine/model.ts';
import { refuseIfAny, unreadable } from '../errors.ts';
import { type Context, sendText } from './context.ts';
import { Query } from './query.ts';

/** `/api/tasks/queue`: how many tasks wait for workers, who polls, and putting them into their queues again. */
export function queueRoutes(app: FastifyInstance, { engine }: Context): void {
  const { queues, polls } = engine;

  app.get('/api/tasks/queue/size', (request) => queues.size(taskType(request)));

  app.get('/api/tasks/queue/sizes', (request) => {
    const types = new Query(request.url).texts('taskType').flatMap((text) => text.split(','));
    if (types.length === 0) {
      throw unreadable('Cannot invoke "java.util.List.iterator()" because "taskDefNames" is null');
    }
    return Object.fromEntries(types.map((type) => [type, queues.size(type)]));
  });

  app.get('/api/tasks/queue/all', () => Object.fromEntries([...queues.sizes()].sort(([a], [b]) => (a < b ? -1 : 1))));
  app.get('/api/tasks/queue/all/verbose', () =>
    Object.fromEntries([...queues.sizes()].map(([type, size]) => [type, { a: { size, uacked: 0 } }])),
  );

  app.get('/api/tasks/queue/polldata', (request) => {
    const type = taskType(request);
    if (type === '') {
      const message = 'TaskType cannot be null or empty.';
      refuseIfAny([{ path: 'getPollData.arg0', message, invalidValue: '' }]);
    }
    return polls.of(type);
  });
  app.get('/api/tasks/queue/polldata/all', () => polls.all());

  app.post<{ Params: { type: string } }>('/api/tasks/queue/requeue/:type', (request, reply) => {
    let count = 0;
    for (const { tasks } of engine.store.all()) {
      for (const task of tasks) {
        if (!isForWorkers(task) || task.taskType !== request.params.type || isTerminal(task.status)) continue;
        queues.push(task, task.callbackAfterSeconds * 1000);
        count += 1;
      }
    }
    return sendText(reply, String(count));
  });
}

/** @throws {ConductorError} 500 when it is missing. */
function taskType(request: FastifyRequest): string {
  const [type] = new Query(request.url).texts('taskType');
  if (type !== undefined) return type;
  throw unreadable("Required request parameter 'taskType' for method parameter type String is not present");
}
