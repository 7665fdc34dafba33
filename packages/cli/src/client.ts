import type { Access } from './access.ts';
import { CliError } from './exit.ts';
import { patientFetch } from './patient-fetch.ts';

/** An answer of the admin API that is not a success; status 0 when there was none. */
export class ServerError extends CliError {
  override name = 'ServerError';
  readonly status: number;
  readonly faults: readonly { pointer: string; detail: string }[];
  /** The server does not know the path at all, unlike an object that is not there. */
  readonly unknownPath: boolean;

  constructor(status: number, faults: readonly { pointer: string; detail: string }[], unknownPath = false) {
    super(faults.map(({ pointer, detail }) => (pointer ? `${pointer}: ${detail}` : detail)));
    this.status = status;
    this.faults = faults;
    this.unknownPath = unknownPath;
  }
}

export interface Answer<T> {
  body: T;
  etag: string | undefined;
}

export interface RawOptions {
  /** Waits for the answer however long it takes: for what goes on at the server when nobody waits any more. */
  patient?: boolean;
}

/** The admin API, called with a token that is taken when it is needed first and renewed when it has expired. */
export class AdminClient {
  readonly access: Access;
  readonly #timeoutMs: number;
  #token: Promise<string> | undefined;

  /** `timeoutMs`: how long a call may take. */
  constructor(access: Access, timeoutMs = 30_000) {
    this.access = access;
    this.#timeoutMs = timeoutMs;
    if (access.token !== undefined) this.#token = Promise.resolve(access.token);
  }

  /** @throws {ServerError} */
  async get<T>(path: string): Promise<T> {
    return (await this.send<T>('GET', path)).body;
  }

  /** Undefined when it is not there. @throws {ServerError} also when the server does not know such a path. */
  async find<T>(path: string): Promise<Answer<T> | undefined> {
    try {
      return await this.send<T>('GET', path);
    } catch (error) {
      if (error instanceof ServerError && error.status === 404 && !error.unknownPath) return undefined;
      throw error;
    }
  }

  /** With `etag` only if the object is still that one. @throws {ServerError} */
  async send<T>(method: string, path: string, body?: unknown, etag?: string): Promise<Answer<T>> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (etag !== undefined) headers['if-match'] = etag;
    const response = await this.raw(method, path, body === undefined ? null : JSON.stringify(body), headers);
    const text = await response.text();
    const answer = (text === '' ? undefined : parsed(text, response.url)) as T;
    return { body: answer, etag: response.headers.get('etag') ?? undefined };
  }

  /** The answer as it comes, for files. @throws {ServerError} */
  async raw(
    method: string,
    path: string,
    body: NonNullable<RequestInit['body']> | null,
    headers: Record<string, string> = {},
    options: RawOptions = {},
  ) {
    const attempt = async () =>
      this.#fetch(method, path, body, { ...headers, 'x-authorization': await this.token() }, options);
    let response = await attempt();
    // A token that was given is who calls: another must not take its place without a word.
    if (response.status === 401 && this.access.key && this.access.token === undefined) {
      const { error } = (await response
        .clone()
        .json()
        .catch(() => ({}))) as { error?: string };
      if (error === 'EXPIRED_TOKEN' || error === 'INVALID_TOKEN') {
        this.#token = undefined;
        response = await attempt();
      }
    }
    if (response.ok) return response;
    throw await toError(response);
  }

  token(): Promise<string> {
    this.#token ??= this.#takeToken();
    return this.#token;
  }

  /** Without a token. @throws {ServerError} */
  async open(path: string): Promise<Response> {
    const response = await this.#fetch('GET', path, null, {});
    if (response.ok) return response;
    throw await toError(response);
  }

  async #takeToken(): Promise<string> {
    const { key, server } = this.access;
    if (!key) {
      const how = `run \`rostrum login --server ${server}\`, or set ROSTRUM_KEY_ID and ROSTRUM_KEY_SECRET`;
      throw new CliError(`There is no access key for ${server}: ${how}`);
    }
    const response = await this.#fetch('POST', '/token', JSON.stringify(key), { 'content-type': 'application/json' });
    if (!response.ok) throw await toError(response);
    return ((await response.json()) as { token: string }).token;
  }

  async #fetch(
    method: string,
    path: string,
    body: NonNullable<RequestInit['body']> | null,
    headers: Record<string, string>,
    { patient = false }: RawOptions = {},
  ) {
    const url = `${this.access.server}/api${path}`;
    const init = { method, headers, body };
    const answer = patient
      ? patientFetch(url, init)
      : fetch(url, { ...init, signal: AbortSignal.timeout(this.#timeoutMs) });
    return answer.catch((error: Error) => {
      const first = error.cause instanceof Error ? error.cause : error;
      const why = first.message || (first as NodeJS.ErrnoException).code;
      throw new ServerError(0, [{ pointer: '', detail: `${url}: ${why}` }]);
    });
  }
}

function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServerError(0, [{ pointer: '', detail: `${url} did not answer JSON: is this the config service?` }]);
  }
}

async function toError(response: Response): Promise<ServerError> {
  const text = await response.text();
  try {
    const { detail, errors } = JSON.parse(text) as {
      detail?: string;
      errors?: { pointer: string; detail: string }[];
    };
    const unknownPath = response.status === 404 && /^There is no [A-Z]+ \/\S* here\.$/.test(detail ?? '');
    if (errors?.length) return new ServerError(response.status, errors);
    // The problem of an ingress, which has no such path.
    if (detail?.startsWith('No route at ')) {
      const how = 'this is an ingress: name the config service by --server';
      return new ServerError(response.status, [{ pointer: '', detail: `${response.url}: ${how}` }]);
    }
    if (detail) return new ServerError(response.status, [{ pointer: '', detail }], unknownPath);
  } catch {
    // Told below.
  }
  return new ServerError(response.status, [{ pointer: '', detail: `${response.url} answered ${response.status}` }]);
}

/** What the server answers; where it does not know the path, that it lacks `what`. @throws {CliError} */
export async function orLacking<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ServerError && error.unknownPath)) throw error;
    throw new CliError(`this server does not have ${what} yet: update the config service`, 1, error);
  }
}

/** A part of a path. */
export function part(text: string | number): string {
  return encodeURIComponent(String(text));
}
