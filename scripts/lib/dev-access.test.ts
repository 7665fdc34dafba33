import { temporaryDirectory } from '@rostrum/testkit';
import { expect, test } from 'vitest';
import { useDevAccess } from './dev-access.ts';
import { writeDevFile } from './state.ts';

const content = {
  ingress: 'http://127.0.0.1:1',
  config: 'http://127.0.0.1:2',
  conductor: 'http://127.0.0.1:3/api',
  nats: 'nats://127.0.0.1:4',
  redis: 'redis://127.0.0.1:5',
  admin: { keyId: 'id', keySecret: 'secret' },
  demo: { apiKey: 'key' },
};

async function environment(given: NodeJS.ProcessEnv) {
  const directory = await temporaryDirectory('dev-access');
  const remove = writeDevFile(directory, content);
  const env = { ROSTRUM_STATE_DIR: directory, ...given };
  useDevAccess(env);
  remove();
  return env;
}

test('doctor finds NATS, Redis and Conductor of what npm start runs', async () => {
  const around = { NATS_URL: content.nats, REDIS_URL: content.redis, CONDUCTOR_SERVER_URL: content.conductor };
  expect(await environment({})).toMatchObject({ CONFIG_URL: content.config, ...around });
  expect(await environment({ NATS_URL: 'nats://else' })).toMatchObject({ ...around, NATS_URL: 'nats://else' });
});

test('and nothing of it where another config service is named', async () => {
  for (const name of ['CONFIG_URL', 'ROSTRUM_SERVER']) {
    expect(await environment({ [name]: 'http://else' })).not.toHaveProperty('NATS_URL');
  }
});
