import type { Identity } from '../domain/conductor.ts';

export interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the base URL, query included. */
  path: string;
  body?: string;
  /** W3C trace context, `''` or absent for none. */
  traceparent?: string;
  timeoutMs: number;
  as?: Identity | undefined;
}

/** One HTTP exchange. @throws {ConductorError} when there is no answer. */
export type Send = (call: Call, token?: string) => Promise<{ status: number; body: string }>;
