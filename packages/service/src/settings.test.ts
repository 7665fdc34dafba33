import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { busSettings, describeSettings, flag, loadSettings, milliseconds, port, processSettings } from './settings.ts';

const schema = z.object({
  ...processSettings,
  ...busSettings,
  PORT: port().default(80).describe('A port.'),
  WAIT_MS: milliseconds().default(5),
  ON: flag().default(false),
  KEY: z.string('is required').meta({ secret: true }),
  MAYBE: z.string().optional(),
});

describe('settings', () => {
  it('have defaults, are converted, and cannot be changed', () => {
    const settings = loadSettings(schema, { KEY: 'k', PORT: '8080', ON: 'yes' });
    expect(settings).toMatchObject({
      KEY: 'k',
      PORT: 8080,
      ON: true,
      WAIT_MS: 5,
      LOG_LEVEL: 'info',
      NAMESPACE: 'rostrum',
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('tell every fault at once, by name', () => {
    const faulty = { PORT: '70000', WAIT_MS: 'soon', ON: 'perhaps', NAMESPACE: 'No Spaces' };
    expect(() => loadSettings(schema, faulty)).toThrow(
      /NAMESPACE: use lowercase[^]*PORT: [^]*WAIT_MS: [^]*ON: [^]*KEY: is required/,
    );
  });

  it('say what to do, in words of their own', () => {
    const strict = z.object({
      ...schema.shape,
      WHOLE: milliseconds(),
      SHARE: z.coerce.number().min(0).max(1),
      SHORT: z.string().max(3),
      NEEDED: z.string(),
      ADDRESS: z.url(),
    });
    const faulty = {
      ...{ LOG_LEVEL: 'loud', PORT: '70000', WAIT_MS: 'soon', ON: 'perhaps', KEY: 'k' },
      ...{ WHOLE: '1.5', SHARE: '-1', SHORT: 'long', ADDRESS: 'nowhere' },
    };
    const lines = (thrown: () => unknown) => {
      try {
        return thrown();
      } catch (error) {
        return (error as Error).message.split('\n  ').slice(1);
      }
    };
    expect(lines(() => loadSettings(strict, faulty))).toEqual([
      'LOG_LEVEL: has to be one of fatal, error, warn, info, debug, trace, silent',
      'PORT: has to be 65535 or less',
      'WAIT_MS: has to be a number',
      'ON: has to be one of true, 1, yes, on, y, enabled, false, 0, no, off, n, disabled',
      'WHOLE: has to be a whole number',
      'SHARE: has to be 0 or more',
      'SHORT: has to be 3 characters or less',
      'NEEDED: is required',
      'ADDRESS: has a value that it cannot have; see docs/configuration.md',
    ]);
  });

  it('come from files, too, and an empty value counts as absent', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'rostrum-settings-')), 'key');
    writeFileSync(file, 'from file\n');
    expect(loadSettings(schema, { KEY_FILE: file, PORT: '' })).toMatchObject({ KEY: 'from file', PORT: 80 });
    expect(() => loadSettings(schema, { KEY_FILE: file, KEY: 'x' })).toThrow('both KEY and KEY_FILE are set');
    expect(() => loadSettings(schema, { KEY_FILE: `${file}.missing` })).toThrow(/KEY_FILE: cannot read [^\n]*$/);
  });

  it('describe themselves, without the defaults of secrets', () => {
    const docs = Object.fromEntries(describeSettings(schema).map(({ name, ...doc }) => [name, doc]));
    expect(docs.PORT).toEqual({ description: 'A port.', fallback: '80', required: false });
    expect(docs.KEY).toMatchObject({ fallback: undefined, required: true });
    expect(docs.MAYBE).toMatchObject({ fallback: undefined, required: false });
  });
});
