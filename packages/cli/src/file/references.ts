import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { isMask } from '@rostrum/contract/api-keys';
import { pointerOf } from '@rostrum/contract/pointer';

export interface Tell {
  fault(pointer: string, detail: string): void;
  warn(pointer: string, detail: string): void;
  /** A secret that is not known here: it matters when it is to be sent. */
  unknown(pointer: string, detail: string): void;
  /** The same, with a mask: it matters where the server does not have what the mask stands for. */
  masked(pointer: string, detail: string): void;
}

/** Stands for a secret that is not known here. */
export const unknownSecret = 'not-known-here';

/** What the command line itself calls with (`access.ts`): it is nobody's to store. */
const own = /^(?:ROSTRUM_TOKEN|(?:ROSTRUM|ADMIN)_KEY_(?:ID|SECRET))(?:_FILE)?$/;

type Steps = readonly (string | number)[];

const texts = new Set(['preRequestScript', 'postResponseScript']);
const schemas = new Set(['inputSchema', 'outputSchema', 'data']);

/**
 * The content with its references filled in: `{file: path}`, relative to the file it stands in, for scripts and JSON
 * Schemas; `{env: NAME}` and `{file: path}`, with a `mask` if wanted, for API keys and credentials of Conductor. There
 * `${ROSTRUM_…}` as the whole text is `{env: ROSTRUM_…}`; all other texts stay what they are, since an export has texts
 * that anybody may have written, and applying it must not tell them this environment.
 */
export function fillIn(content: unknown, file: string, env: NodeJS.ProcessEnv, tell: Tell): unknown {
  const folder = dirname(resolve(file));
  const walk = (value: unknown, steps: Steps): unknown => {
    if (isSecret(steps)) return secret(value, pointerOf(...steps), folder, env, tell);
    const reference = fileReference(value);
    if (reference !== undefined && isContent(steps)) {
      return readContent(resolve(folder, reference), String(steps.at(-1)), pointerOf(...steps), tell);
    }
    if (Array.isArray(value)) return value.map((each, index) => walk(each, [...steps, index]));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, [...steps, name])]));
  };
  return walk(content, []);
}

function isContent(steps: Steps): boolean {
  const [list, , routes, , name] = steps;
  if (list === 'schemas') return steps.length === 3 && steps[2] === 'data';
  return (
    list === 'services' &&
    steps.length === 5 &&
    routes === 'routes' &&
    (texts.has(String(name)) || schemas.has(String(name)))
  );
}

function isSecret(steps: Steps): boolean {
  const [list, , name] = steps;
  if (list === 'authConfigs') return steps.length === 4 && name === 'apiKeys';
  return list === 'applications' && steps.length === 4 && name === 'conductor' && steps[3] === 'keySecret';
}

function secret(value: unknown, pointer: string, folder: string, env: NodeJS.ProcessEnv, tell: Tell): unknown {
  if (typeof value === 'string') {
    const whole = /^\$\{(ROSTRUM_[A-Za-z0-9_]*)\}$/.exec(value)?.[1];
    if (whole !== undefined) return secret({ env: whole }, pointer, folder, env, tell);
    if (!isMask(value)) {
      tell.warn(pointer, 'is a secret in plain text: write {env: NAME} or {file: path}');
    }
    return value;
  }
  if (!isObject(value)) return value;
  const { env: name, file, mask, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined || (typeof name === 'string') === (typeof file === 'string')) {
    tell.fault(pointer, 'is no reference to a secret: write {env: NAME} or {file: path}');
    return unknownSecret;
  }
  if (typeof name === 'string' && own.test(name)) {
    tell.fault(pointer, `${name} says who calls; keep what is stored in another variable`);
    return unknownSecret;
  }
  // A mask is the key that the server has: what an export refers to can be applied without knowing it.
  const unknown = (detail: string) => {
    if (typeof mask !== 'string') {
      tell.unknown(pointer, detail);
      return unknownSecret;
    }
    tell.masked(pointer, detail);
    // A credential of Conductor has no mask of its own: left out, the one that is stored stays.
    return pointer.endsWith('/keySecret') ? undefined : mask;
  };
  if (typeof name === 'string') return env[name] || unknown(`the environment variable ${name} is not set`);
  try {
    return readFileSync(resolve(folder, String(file)), 'utf8').trim();
  } catch (error) {
    return unknown(`${String(file)}: ${reason(error)}`);
  }
}

function readContent(path: string, member: string, pointer: string, tell: Tell): unknown {
  try {
    const text = readFileSync(path, 'utf8');
    return schemas.has(member) ? (parse(text) as unknown) : text;
  } catch (error) {
    tell.fault(pointer, `${path}: ${reason(error)}`);
    return schemas.has(member) ? {} : '';
  }
}

/** The path, where the value is `{file: path}` and nothing else. */
export function fileReference(value: unknown): string | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  return typeof value['file'] === 'string' ? value['file'] : undefined;
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : (message.split('\n')[0] ?? '');
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
