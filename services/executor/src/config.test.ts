import { loadSettings } from '@rostrum/service/settings';
import { expect, it } from 'vitest';
import { settingsSchema } from './config.ts';

it('an access key of Conductor is set whole or not at all', () => {
  const load = (env: NodeJS.ProcessEnv) => () => loadSettings(settingsSchema, env);
  expect(load({ CONDUCTOR_AUTH_KEY: 'id' })).toThrow(/CONDUCTOR_AUTH_SECRET: has to be set too/);
  expect(load({ CONDUCTOR_AUTH_SECRET: 'secret' })).toThrow(/CONDUCTOR_AUTH_KEY: has to be set too/);
  expect(load({ CONDUCTOR_AUTH_KEY: 'id', CONDUCTOR_AUTH_SECRET: 'secret' })()).toMatchObject({
    CONDUCTOR_AUTH_KEY: 'id',
  });
  expect(load({})()).toMatchObject({ EXECUTOR_POOLS: ['default'] });
});
