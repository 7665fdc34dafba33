import { SettingsError } from '@rostrum/service/settings';
import { describe, expect, it } from 'vitest';
import { configSettings, settingsSchema } from './config.ts';

const key = Buffer.alloc(32).toString('base64');
const required = { MASTER_KEY: key, DIGEST_KEY: `k1:${key}` };

describe('settings', () => {
  it('need only the two keys', () => {
    const settings = configSettings(required);
    expect(settings).toMatchObject({
      CONFIG_PORT: 7081,
      PUBLIC_URL: 'http://127.0.0.1:7080',
      REVISION_KEEP_MS: 86_400_000,
    });
    expect(settings.MASTER_KEY).toHaveLength(32);
  });

  it('tell every fault at once, and no secret', () => {
    const env = { MASTER_KEY: 'c2hvcnQ=', DIGEST_KEY: 'nothing', ADMIN_KEY_ID: 'a', PUBLIC_URL: 'ftp://x' };
    const error = (() => {
      try {
        return configSettings(env);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(SettingsError);
    expect(String(error)).toMatch(/MASTER_KEY: .*32 bytes[^]*DIGEST_KEY: [^]*PUBLIC_URL: use http/);
    expect(String(error)).not.toContain('c2hvcnQ=');
    expect(() => configSettings({ ...required, ADMIN_KEY_ID: 'a' })).toThrow(/ADMIN_KEY_SECRET: has to be set too/);
    expect(() => configSettings({})).toThrow(/MASTER_KEY: is required[^]*DIGEST_KEY: is required/);
  });

  it('name Conductor or do not; its access key is a pair', () => {
    expect(configSettings(required).CONDUCTOR_SERVER_URL).toBeUndefined();
    const env = { ...required, CONDUCTOR_SERVER_URL: 'http://conductor:8080/api/' };
    expect(configSettings(env).CONDUCTOR_SERVER_URL).toBe('http://conductor:8080/api');
    expect(() => configSettings({ ...env, CONDUCTOR_SERVER_URL: 'conductor' })).toThrow(/use http:/);
    expect(() => configSettings({ ...env, CONDUCTOR_AUTH_KEY: 'k' })).toThrow(/CONDUCTOR_AUTH_SECRET: has to be set/);
    expect(() => configSettings({ ...env, CONDUCTOR_AUTH_SECRET: 's' })).toThrow(/CONDUCTOR_AUTH_KEY: has to be set/);
  });

  it('trust no proxy unless told, and name what is no address', () => {
    expect(configSettings(required).TRUSTED_PROXIES).toEqual([]);
    const trusted = (TRUSTED_PROXIES: string) => configSettings({ ...required, TRUSTED_PROXIES }).TRUSTED_PROXIES;
    expect(trusted('10.0.0.0/8, ::1,192.0.2.1')).toEqual(['10.0.0.0/8', '::1', '192.0.2.1']);
    for (const wrong of ['true', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/8/8', 'proxy']) {
      expect(() => trusted(`::1,${wrong}`), wrong).toThrow(`${wrong} is neither an address nor a network`);
    }
  });

  it('are all described', () => {
    for (const [name, setting] of Object.entries(settingsSchema.shape)) expect(setting.description, name).toBeTruthy();
  });
});
