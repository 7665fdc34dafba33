import { readFileSync } from 'node:fs';
import { faultsOf } from '@rostrum/contract';
import { pointerOf } from '@rostrum/contract/pointer';
import { fillIn, isObject } from './references.ts';
import { type ApplicationShape, fileShapes, type FileShapes, type Kind, kinds, kindWords } from './shape.ts';
import { type Fault, Source } from './source.ts';
import { neighbourFaults } from './neighbours.ts';

export type Body = Record<string, unknown>;

/** One thing that the files want to be there, with the contract's defaults. */
export interface Wanted {
  kind: Kind;
  /** For a schema its name. */
  id: string;
  body: Body;
  /** Where it stands: `<file>:<line>:<column>`. */
  at: string;
  /** Secrets that are not known here, one sentence each: it can be looked at, and not be applied. */
  unknown: string[];
  /** The same of those that a mask stands for: the server may have them. */
  masked: string[];
}

export interface Loaded {
  wanted: Wanted[];
  /** The kinds that the files own: those that a file has a list of, be it an empty one. */
  owned: ReadonlySet<Kind>;
  faults: Fault[];
  warnings: Fault[];
}

export interface LoadOptions {
  env: NodeJS.ProcessEnv;
  /** The server's CACHE_MIN_TTL_SECONDS. */
  cacheMinTtlSeconds?: number | undefined;
}

/** Reads files, without asking any server, and finds everything that is wrong with them. */
export function loadFiles(files: readonly string[], { env, cacheMinTtlSeconds }: LoadOptions): Loaded {
  const loaded = { wanted: [] as Wanted[], owned: new Set<Kind>(), faults: [] as Fault[], warnings: [] as Fault[] };
  const shapes = fileShapes(cacheMinTtlSeconds);
  const read: FileReader[] = [];
  for (const file of files) {
    const source = new Source(file, readFileSync(file, 'utf8'));
    loaded.faults.push(...source.faults);
    if (source.faults.length === 0) read.push(new FileReader(source, env, shapes, loaded));
  }
  for (const each of read) each.readThings();
  for (const each of read) each.readPermissions();
  loaded.faults.push(...doubleFaults(read.flatMap(({ places }) => places)));
  loaded.faults.push(...neighbourFaults(read.flatMap(({ places }) => places)));
  return loaded;
}

/** A thing with its place, for rules that look at several. */
export interface Placed {
  kind: Kind;
  id: string;
  body: Body;
  source: Source;
  pointer: string;
}

const members = new Set(['$schema', 'permissions', ...Object.values(kindWords).map(({ member }) => member)]);

class FileReader {
  readonly places: Placed[] = [];
  readonly #source: Source;
  readonly #content: Body;
  readonly #loaded: Loaded & { owned: Set<Kind> };
  readonly #shapes: FileShapes;
  readonly #unknown = new Map<string, string>();
  readonly #masked = new Map<string, string>();

  constructor(source: Source, env: NodeJS.ProcessEnv, shapes: FileShapes, loaded: Loaded & { owned: Set<Kind> }) {
    this.#source = source;
    this.#shapes = shapes;
    this.#loaded = loaded;
    const content = fillIn(source.content(), source.file, env, {
      fault: (pointer, detail) => this.#fault(pointer, detail),
      warn: (pointer, detail) => void loaded.warnings.push(source.fault(pointer, detail)),
      unknown: (pointer, detail) => void this.#unknown.set(pointer, detail),
      masked: (pointer, detail) => void this.#masked.set(pointer, detail),
    });
    this.#content = isObject(content) ? content : {};
    if (!isObject(content)) this.#fault('', 'has to be a mapping: services, authConfigs, applications, schemas');
    for (const name of Object.keys(this.#content)) {
      if (members.has(name)) continue;
      const detail = `there is no member ${JSON.stringify(name)} here; check its spelling, or remove it`;
      this.#loaded.faults.push(source.fault(pointerOf(name), detail, 'member'));
    }
  }

  readThings(): void {
    for (const kind of kinds) {
      const { member } = kindWords[kind];
      for (const [index, given] of this.#list(member, kind).entries()) this.#readThing(kind, given, member, index);
    }
  }

  /** Permissions may stand apart from their application, also in another file. */
  readPermissions(): void {
    for (const [index, given] of this.#list('permissions').entries()) {
      const pointer = pointerOf('permissions', index);
      const parsed = this.#shapes.permission.safeParse(given);
      if (!parsed.success) {
        this.#tell(pointer, faultsOf(parsed.error));
        continue;
      }
      const { application: id, ...more } = parsed.data;
      const owner = this.#loaded.wanted.find((each) => each.kind === 'application' && each.id === id);
      if (!owner) this.#fault(pointerOf('permissions', index, 'application'), `no file has the application ${id}`);
      else
        owner.body['permissions'] = [...((owner.body['permissions'] as unknown[] | undefined) ?? []), ...granted(more)];
    }
  }

  #readThing(kind: Kind, given: unknown, member: string, index: number): void {
    const pointer = pointerOf(member, index);
    const named = kind === 'schema' ? 'name' : 'id';
    const id = isObject(given) && typeof given[named] === 'string' ? given[named] : undefined;
    if (isObject(given) && id !== undefined) {
      this.places.push({ kind, id, body: given, source: this.#source, pointer });
    } else if (kind === 'authConfig' && isObject(given)) {
      this.#fault(`${pointer}/id`, 'is required, so that applying the file again finds it');
    }
    if (kind === 'authConfig' && isObject(given) && !given['authenticationType'] && !given['authType']) {
      this.#fault(pointer, 'authenticationType is required: NONE, API_KEY or OIDC');
    }
    const parsed = this.#shapes[kind].safeParse(given);
    if (!parsed.success) this.#tell(pointer, faultsOf(parsed.error));
    if (!parsed.success || id === undefined) return;
    const within = (all: ReadonlyMap<string, string>) =>
      [...all].filter(([where]) => where.startsWith(`${pointer}/`)).map(([, detail]) => detail);
    const [unknown, masked] = [within(this.#unknown), within(this.#masked)];
    const body = kind === 'application' ? withPermissions(parsed.data as ApplicationShape) : clean(parsed.data);
    this.#loaded.wanted.push({ kind, id, body: body as Body, at: this.#source.place(pointer), unknown, masked });
  }

  #list(member: string, kind?: Kind): unknown[] {
    const list = this.#content[member];
    if (!(member in this.#content)) return [];
    if (kind !== undefined) this.#loaded.owned.add(kind);
    if (Array.isArray(list)) return list;
    const none = list === null ? ' and is empty: write [] for a list of none, or remove it' : '';
    this.#loaded.faults.push(this.#source.fault(pointerOf(member), `has to be a list${none}`, 'member'));
    return [];
  }

  #tell(pointer: string, faults: readonly { pointer: string; detail: string }[]): void {
    for (const { pointer: within, detail } of faults) {
      const isUnknown = detail.startsWith('there is no member ');
      this.#loaded.faults.push(this.#source.fault(pointer + within, detail, isUnknown ? 'member' : 'value'));
    }
  }

  #fault(pointer: string, detail: string): void {
    this.#loaded.faults.push(this.#source.fault(pointer, detail));
  }
}

function withPermissions({ workflows, permissions, ...application }: ApplicationShape): Body {
  const all = workflows || permissions ? { permissions: granted({ workflows, permissions }) } : {};
  return clean({ name: application.id, ...application, ...all }) as Body;
}

function granted({ workflows = [], permissions = [] }: Pick<ApplicationShape, 'workflows' | 'permissions'>): unknown[] {
  return [...workflows.map((id) => ({ type: 'WORKFLOW_DEF', id, access: ['EXECUTE'] })), ...permissions];
}

/** What is somebody's JSON Schema: there `null` says something. */
const opaque = new Set(['inputSchema', 'outputSchema', 'data']);

/** Without members that say nothing. */
export function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (!isObject(value)) return value;
  const said = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
  return Object.fromEntries(said.map(([name, each]) => [name, opaque.has(name) ? each : clean(each)]));
}

/** Things that several places describe: which one would win is nobody's guess. */
function doubleFaults(places: readonly Placed[]): Fault[] {
  const first = new Map<string, Placed>();
  return places.flatMap(({ kind, id, body, source, pointer }) => {
    const key = `${kind} ${id}${kind === 'schema' ? `@${String(body['version'])}` : ''}`;
    const before = first.get(key);
    if (!before) {
      first.set(key, { kind, id, body, source, pointer });
      return [];
    }
    const place = before.source.place(before.pointer);
    const detail = `the ${kindWords[kind].one} ${id} stands in ${place} too; remove one of the two`;
    return [source.fault(pointer, detail)];
  });
}
