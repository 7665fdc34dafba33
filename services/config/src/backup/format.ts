import { createHash, type Hash } from 'node:crypto';
import { maxDepth, nestsTooDeep } from '@rostrum/contract/json';
import { type DigestKey, digestApiKey } from '@rostrum/shared/digest';
import { z } from 'zod';
import { type Collections, collectionKinds, type ConfigState, entriesOf, type Keyring } from '../domain/records.ts';
import { AdminProblem } from '../problems.ts';
import { objectFault } from './shapes.ts';

/**
 * A backup is lines of JSON: what it is, the keyring, an object a line, and at the end how many lines came before and
 * their SHA-256. Secrets stay sealed. What belongs to the installation is not in it: the admin's key, the keys that
 * sign tokens, what revisions are compiled with, history and audit log.
 */
const formatVersion = 1;

const heading = z.object({
  rostrum: z.literal('backup'),
  version: z.number(),
  namespace: z.string(),
  /** The sequence of the config bucket that it shows the configuration at. */
  sequence: z.number(),
  time: z.number(),
  /** A known text under the digest key: API keys are of no use under another one. */
  digestKey: z.string(),
});
const keyringLine = z.object({
  kind: z.literal('keyring'),
  value: z.object({
    dataKeys: z.array(z.object({ id: z.string(), wrapped: z.record(z.string(), z.string()) })).min(1),
  }),
});
const objectLine = z.object({
  kind: z.enum(collectionKinds),
  id: z.string().min(1),
  value: z.record(z.string(), z.unknown()),
});
const ending = z.object({ lines: z.number(), sha256: z.string() });

export interface BackupObject {
  kind: keyof Collections;
  id: string;
  value: unknown;
}

export interface Backup {
  keyring: Keyring;
  objects: BackupObject[];
}

/** Shows whether two installations have the same digest key, and nothing about it. */
function fingerprint(digestKey: DigestKey): string {
  return digestApiKey('rostrum backup', digestKey);
}

/** The configuration as it is at this moment, whatever is written while the lines are read. */
export function backupLines(
  state: ConfigState,
  { namespace, digestKey, time }: { namespace: string; digestKey: DigestKey; time: number },
): Iterable<string> {
  const objects = collectionKinds.flatMap((kind) =>
    [...entriesOf(state, kind)].flatMap(([id, { value }]) => (value === undefined ? [] : [{ kind, id, value }])),
  );
  const { sequence } = state;
  const first = {
    rostrum: 'backup',
    version: formatVersion,
    namespace,
    sequence,
    time,
    digestKey: fingerprint(digestKey),
  };
  const keyring = { kind: 'keyring', value: state.keyring.value };
  return withEnding([first, keyring, ...objects]);
}

function* withEnding(values: readonly unknown[]): Generator<string> {
  const hash = createHash('sha256');
  for (const value of values) {
    const line = `${JSON.stringify(value)}\n`;
    hash.update(line);
    yield line;
  }
  yield `${JSON.stringify({ lines: values.length, sha256: hash.digest('hex') })}\n`;
}

/** Reads a backup whole. @throws {AdminProblem} when it is damaged, of another digest key, or too large. */
export async function readBackup(
  chunks: AsyncIterable<Uint8Array>,
  digestKey: DigestKey,
  maxBytes: number,
): Promise<Backup> {
  const reader = new BackupReader(digestKey);
  let bytes = 0;
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new AdminProblem('payload-too-large', `The backup is larger than RESTORE_LIMIT_BYTES (${maxBytes}).`);
    }
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      reader.take(Buffer.concat([...rest, chunk.subarray(from, end + 1)]));
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(Buffer.from(chunk.subarray(from)));
  }
  if (rest.length > 0) throw damaged('it ends within a line');
  return reader.end();
}

class BackupReader {
  readonly #digestKey: DigestKey;
  readonly #hash: Hash = createHash('sha256');
  readonly #objects: BackupObject[] = [];
  readonly #names = new Set<string>();
  #keyring: Keyring | undefined;
  #lines = 0;
  #ended = false;

  constructor(digestKey: DigestKey) {
    this.#digestKey = digestKey;
  }

  take(line: Buffer): void {
    if (this.#ended) throw damaged('there is more after its end');
    const value = parseLine(line, this.#lines + 1);
    if (typeof value === 'object' && value !== null && 'sha256' in value) return this.#check(value);
    this.#hash.update(line);
    this.#lines += 1;
    if (this.#lines === 1) return this.#begin(value);
    if (this.#lines === 2) this.#keyring = shaped(keyringLine, value, 2).value;
    else this.#add(shaped(objectLine, value, this.#lines));
  }

  #add(object: BackupObject): void {
    const { kind, id, value } = object;
    const name = `${kind} ${id}`;
    const fault = this.#names.has(name) ? 'it is there twice' : objectFault(kind, id, value);
    if (fault !== undefined) throw damaged(`line ${this.#lines}, ${name}: ${fault}`);
    this.#names.add(name);
    this.#objects.push(object);
  }

  end(): Backup {
    if (!this.#ended || !this.#keyring) throw damaged('its end is missing');
    return { keyring: this.#keyring, objects: this.#objects };
  }

  #begin(value: unknown): void {
    const parsed = heading.safeParse(value);
    if (!parsed.success) throw new AdminProblem('malformed-body', 'This is not a backup of Rostrum.');
    const { version, digestKey } = parsed.data;
    if (version > formatVersion) {
      throw new AdminProblem('malformed-body', `The backup is of a newer release (format ${version}).`);
    }
    if (digestKey !== fingerprint(this.#digestKey)) {
      const detail =
        'The backup was made under another DIGEST_KEY: its API keys would be void. Start config and ingress with that key.';
      throw new AdminProblem('malformed-request', detail);
    }
  }

  #check(value: unknown): void {
    const { lines, sha256 } = shaped(ending, value, this.#lines + 1);
    if (lines !== this.#lines) throw damaged(`it has ${this.#lines} lines and should have ${lines}`);
    if (sha256 !== this.#hash.digest('hex')) throw damaged('its checksum does not fit');
    this.#ended = true;
  }
}

/** What is stored stands some levels deeper in its line than it stood in the body that it came with. */
const maxLineDepth = maxDepth + 10;

function parseLine(line: Buffer, number: number): unknown {
  const text = line.toString();
  if (nestsTooDeep(text, maxLineDepth)) throw damaged(`line ${number} nests deeper than ${maxLineDepth} levels`);
  let hasProto = false;
  let value: unknown;
  try {
    value = JSON.parse(text, (key, member: unknown) => {
      hasProto ||= key === '__proto__';
      return member;
    });
  } catch {
    throw damaged(`line ${number} is not JSON`);
  }
  // No object has such a member: it would be copied as a prototype.
  if (hasProto) throw damaged(`line ${number} has a member "__proto__"`);
  return value;
}

function shaped<S extends z.ZodType>(schema: S, value: unknown, number: number): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw damaged(`line ${number} holds something else than it should`);
  return parsed.data;
}

function damaged(what: string): AdminProblem {
  return new AdminProblem('malformed-body', `The backup is damaged: ${what}. Nothing was changed.`);
}
