import { setTimeout as delay } from 'node:timers/promises';
import { OrkesClients, type Task, TaskHandler } from '@io-orkes/conductor-javascript';

/**
 * The worker of the ticket example, on Conductor's own JavaScript SDK. The SDK reads CONDUCTOR_SERVER_URL,
 * CONDUCTOR_AUTH_KEY and CONDUCTOR_AUTH_SECRET. Run it with: node examples/workers/ticket.ts
 */

const subjects = ['Wrong voltage', 'Missing manual', 'Leaking tank', 'Late delivery'];
const states = ['open', 'waiting-for-customer', 'closed'];

/** Takes as long as a help desk's API might, and finds a ticket for every id. */
async function findTicket({ inputData = {} }: Task) {
  await delay(300);
  const { ticketId, customerId } = inputData as { ticketId: string; customerId: string };
  const number = Buffer.from(ticketId).reduce((sum, byte) => sum + byte, 0);
  return {
    status: 'COMPLETED' as const,
    outputData: {
      ticketId,
      customerId,
      subject: subjects[number % subjects.length],
      status: states[number % states.length],
      lookedUpAt: new Date().toISOString(),
    },
  };
}

const clients = await OrkesClients.from();
const handler = new TaskHandler({
  client: clients.getClient(),
  scanForDecorated: false,
  workers: [{ taskDefName: 'find_ticket', execute: findTicket, concurrency: 20, pollInterval: 100 }],
});
await handler.startWorkers();
console.log('The ticket worker polls for find_ticket.');

const stop = async () => {
  await handler.stopWorkers();
  process.exit(0);
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
