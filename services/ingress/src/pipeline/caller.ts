/** Who calls, once they have been let in. */
export interface Caller {
  /**
   * `anonymous`, `key:` and the beginning of the key's digest, or `oidc:` and a digest of issuer and subject. Bounded, and
   * nothing that names a person: it is in logs and records, and private executions and answers are told apart by it.
   */
  principal: string;
  /** The verified token, where the service passes it through to Conductor. Never stored, never logged. */
  token?: string;
  /** What becomes part of the workflow's input, where the service says so. */
  inputAuth?: { subject: string; issuer: string; claims: Record<string, unknown>; token: string };
}
