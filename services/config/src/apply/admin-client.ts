/** An answer of the admin API that is not a success. */
export class AdminApiError extends Error {
  override name = 'AdminApiError';
  readonly status: number;
  /** One sentence for each fault. */
  readonly faults: readonly string[];

  constructor(status: number, faults: readonly string[]) {
    super(faults.join('; '));
    this.status = status;
    this.faults = faults;
  }
}

export interface AdminClientOptions {
  /** Such as `http://127.0.0.1:7081`. */
  url: string;
  keyId: string;
  keySecret: string;
}

const timeoutMs = 30_000;

/** As much of the admin API as applying a file needs. */
export class AdminClient {
  readonly #options: AdminClientOptions;
  #token: string | undefined;

  constructor(options: AdminClientOptions) {
    this.#options = options;
  }

  /** Undefined when it is not there. @throws {AdminApiError} */
  async get(path: string): Promise<Record<string, unknown> | undefined> {
    try {
      return await this.#send('GET', path);
    } catch (error) {
      if (error instanceof AdminApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** @throws {AdminApiError} */
  post(path: string, body: unknown): Promise<Record<string, unknown>> {
    return this.#send('POST', path, body);
  }

  /** @throws {AdminApiError} */
  put(path: string, body: unknown): Promise<Record<string, unknown>> {
    return this.#send('PUT', path, body);
  }

  async #send(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const { keyId, keySecret } = this.#options;
    this.#token ??= String((await this.#fetch('POST', '/token', { keyId, keySecret }))['token']);
    return this.#fetch(method, `/gateway/config${path}`, body, this.#token);
  }

  async #fetch(method: string, path: string, body?: unknown, token?: string): Promise<Record<string, unknown>> {
    const url = `${this.#options.url.replace(/\/+$/, '')}/api${path}`;
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { 'x-authorization': token } : {}) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: Error) => {
      const { cause } = error;
      throw new AdminApiError(0, [`${url}: ${cause instanceof Error ? cause.message : error.message}`]);
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as Record<string, unknown>;
    throw new AdminApiError(response.status, faultsIn(text, response.status));
  }
}

function faultsIn(text: string, status: number): string[] {
  try {
    const { detail, errors } = JSON.parse(text) as { detail: string; errors?: { pointer: string; detail: string }[] };
    return errors?.map((each) => (each.pointer ? `${each.pointer}: ${each.detail}` : each.detail)) ?? [detail];
  } catch {
    return [`the admin API answered ${status}`];
  }
}
