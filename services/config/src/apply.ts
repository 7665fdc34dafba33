import { loadSettings, SettingsError } from '@rostrum/service/settings';
import { z } from 'zod';
import { applyFiles } from './apply/apply-files.ts';

/** `node apply.ts <file>…`: makes the gateway's configuration be what the files say. Exit code 1 when it is not. */
const applySettings = z.object({
  CONFIG_URL: z.string().default('http://127.0.0.1:7081').describe('Where the admin API is.'),
  ADMIN_KEY_ID: z.string('is required: the id of an access key').describe('Id of an access key.'),
  ADMIN_KEY_SECRET: z
    .string('is required: the secret of that access key')
    .meta({ secret: true })
    .describe('Its secret.'),
});

async function main(files: readonly string[]): Promise<boolean> {
  const complain = (line: string) => process.stderr.write(`${line}\n`);
  if (files.length === 0) {
    complain('usage: apply <file>…');
    return false;
  }
  try {
    const {
      CONFIG_URL: url,
      ADMIN_KEY_ID: keyId,
      ADMIN_KEY_SECRET: keySecret,
    } = loadSettings(applySettings, process.env);
    const say = (line: string) => process.stdout.write(`${line}\n`);
    return await applyFiles(files, { url, keyId, keySecret, env: process.env, say, complain });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    complain(error.message);
    return false;
  }
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
