import type { ConfigFault } from '@rostrum/contract/fault';
import type { Fault } from '@rostrum/shared/problems';

/** What the admin API answers when it cannot do what it was asked; `docs/problems.md` lists these too. */
export const adminCatalogue = {
  'configuration-invalid': {
    status: 400,
    title: 'Configuration is not valid',
    help: '`errors` lists every fault with its JSON pointer and what to do about it. Nothing was changed.',
  },
  'malformed-body': { status: 400, title: 'Malformed body', help: 'The body is not JSON, or nests too deep.' },
  'malformed-request': { status: 400, title: 'Malformed request', help: 'The URL or its query cannot be understood.' },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    help: 'Take a token from `POST /api/token` with an access key and send it as `X-Authorization: <token>`.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    help: 'The caller’s application lacks the role that the call needs; an administrator can add it with `POST /api/applications/{id}/roles/{role}`.',
  },
  'not-found': { status: 404, title: 'Not found', help: 'There is no such object, or no such path of the admin API.' },
  'already-exists': {
    status: 409,
    title: 'Already exists',
    help: 'The id, the base path or the route is taken. Update what is there, or choose another.',
  },
  'in-use': { status: 409, title: 'In use', help: 'Something that is there depends on it; `detail` says what.' },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    help: 'The object is not as `If-Match` says: another has changed it. Read it again, and send its `ETag`.',
  },
  'payload-too-large': { status: 413, title: 'Payload too large', help: 'The body is larger than BODY_LIMIT_BYTES.' },
  'too-many-attempts': {
    status: 429,
    title: 'Too many attempts',
    help: 'Tokens were asked for with a wrong secret again and again, for this key or from this address. `Retry-After` says when the next attempt is looked at.',
  },
  'internal-error': { status: 500, title: 'Internal error', help: 'A fault of the config service; its log says more.' },
  'conductor-unavailable': {
    status: 502,
    title: 'Conductor unavailable',
    help: 'A call that is passed on to Conductor did not reach it, or Conductor refused the gateway’s own credentials.',
  },
  'conductor-timeout': {
    status: 504,
    title: 'Conductor timed out',
    help: 'Conductor has the call and did not answer in time; it may have done it.',
  },
  'service-unavailable': {
    status: 503,
    title: 'Service unavailable',
    help: 'NATS is away, or too many clients change the configuration at once: try again. Or the caches or their Redis are, and `detail` says what of a purge was done. Or this replica lacks the master key that another has rotated to: `detail` says so.',
  },
} as const satisfies Record<string, { status: number; title: string; help: string }>;

export type AdminCode = keyof typeof adminCatalogue;

export interface AdminExtras {
  errors?: Fault[];
  /** For clients that refresh their token when they see it: `EXPIRED_TOKEN` or `INVALID_TOKEN`. */
  error?: 'EXPIRED_TOKEN' | 'INVALID_TOKEN';
  /** Seconds, as in the header `Retry-After`. */
  retryAfter?: number;
}

/** What a client of the admin API is told. `detail` is public. */
export class AdminProblem extends Error {
  override name = 'AdminProblem';
  readonly code: AdminCode;
  readonly detail: string;
  readonly extras: AdminExtras;

  constructor(code: AdminCode, detail: string, extras: AdminExtras = {}, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
    this.extras = extras;
  }

  get status(): number {
    return adminCatalogue[this.code].status;
  }
}

/** `application/problem+json` (RFC 9457) with the members `message` and `code` that existing clients read. */
export function adminProblemBody({ code, detail, extras }: AdminProblem): Record<string, unknown> {
  const { status, title } = adminCatalogue[code];
  return { type: `https://rostrum.dev/problems#${code}`, title, status, detail, message: detail, code, ...extras };
}

/** @throws {AdminProblem} with all the faults, if there are any. */
export function refuseFaults(faults: readonly ConfigFault[]): void {
  if (faults.length === 0) return;
  const code = faults.every(({ taken }) => taken) ? 'already-exists' : 'configuration-invalid';
  const errors = faults.map(({ pointer, detail }) => ({ pointer, detail }));
  const detail = errors.map((each) => (each.pointer ? `${each.pointer}: ${each.detail}` : each.detail)).join('; ');
  throw new AdminProblem(code, detail, { errors });
}
