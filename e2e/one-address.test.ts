import { noopLogger, orkesConductorClient } from '@io-orkes/conductor-javascript';
import { type Gateway, startGateway } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** One server URL for workflows and gateway alike, as a client of the reference product has it. */
let gateway: Gateway;
let url: string;
beforeAll(async () => {
  gateway = await startGateway();
  const env = { CONDUCTOR_PROXY: 'true', CONDUCTOR_SERVER_URL: gateway.conductorUrl };
  url = (await gateway.stack.add('config', env)).ready.http as string;
});
afterAll(() => gateway?.stop());

it('serves the official SDK’s workflow calls, with an access key of ours, and the gateway’s own API', async () => {
  const { ADMIN_KEY_ID: keyId, ADMIN_KEY_SECRET: keySecret } = gateway.stack.around.keys;
  const serverUrl = `${url}/api`;
  const client = await orkesConductorClient({ serverUrl, keyId, keySecret, useEnvVars: false, logger: noopLogger });
  const { metadataResource, workflowResource } = client;
  await metadataResource.update([
    {
      name: 'through',
      version: 1,
      timeoutSeconds: 0,
      tasks: [{ name: 'none', taskReferenceName: 'none', type: 'NOOP' }],
      outputParameters: { n: '${workflow.input.n}' },
    },
  ]);
  const workflowId = await workflowResource.startWorkflow({ name: 'through', version: 1, input: { n: 7 } });
  await expect
    .poll(() => workflowResource.getExecutionStatus(workflowId))
    .toMatchObject({ status: 'COMPLETED', output: { n: 7 } });

  const answered = await fetch(`${serverUrl}/token`, { method: 'POST', body: JSON.stringify({ keyId, keySecret }) });
  const { token } = (await answered.json()) as { token: string };
  const services = await fetch(`${serverUrl}/gateway/config/services`, { headers: { 'x-authorization': token } });
  expect([services.status, await services.json()]).toEqual([200, []]);
});
