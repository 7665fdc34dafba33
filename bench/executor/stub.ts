import { createServer } from 'node:http';

/**
 * A process that answers as Conductor does, after so many ms: starts get an id, workflows named `bench_held` never end, all
 * others have ended when they are looked at. For what a real server cannot be asked: its own part taken out.
 */
const delayMs = Number(process.argv[2]);
let started = 0;
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    setTimeout(() => {
      if (request.method === 'POST') {
        started += 1;
        const kind = body.includes('"bench_held"') ? 'held' : 'short';
        response.writeHead(200, { 'content-type': 'text/plain' }).end(`${kind}-${started}`);
        return;
      }
      const status = request.url?.includes('/held-') ? 'RUNNING' : 'COMPLETED';
      const answer = request.url?.includes('/workflow/') ? { workflowId: 'x', status, output: { v: 1 } } : '1.0';
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    }, delayMs);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as { port: number }).port}\n`);
});
process.on('disconnect', () => process.exit());
