/** One fault of a definition or a request body, as the real server lists them. */
export interface Violation {
  path: string;
  message: string;
  /** The value that was refused, as text; only for values that are not objects. */
  invalidValue?: string;
}

/** An answer other than 2xx, in the JSON shape of Conductor OSS: `{status, message, instance, retryable}`. */
export class ConductorError extends Error {
  override name = 'ConductorError';
  readonly status: number;
  readonly violations: readonly Violation[];

  constructor(status: number, message: string, violations: readonly Violation[] = []) {
    super(message);
    this.status = status;
    this.violations = violations;
  }
}

export const badRequest = (message: string) => new ConductorError(400, message);
export const notFound = (message: string) => new ConductorError(404, message);
export const conflict = (message: string) => new ConductorError(409, message);
/** The real server answers 500 to what it cannot read: a body that is no JSON, a query parameter that is no number. */
export const unreadable = (message: string) => new ConductorError(500, message);
/** What the real server can do and this one cannot. */
export const unsupported = (what: string) =>
  new ConductorError(501, `conductor-dev does not support ${what}; use a Conductor server for it`);

/** @throws {ConductorError} 400 when there is any fault; all of them stand in `validationErrors`. */
export function refuseIfAny(violations: readonly Violation[]): void {
  if (violations.length > 0) {
    throw new ConductorError(400, 'Validation failed, check below errors for detail.', violations);
  }
}
