import { bytes, number, oneOf, record, text, u32 } from '../codec/index.ts';
import { busFaults } from './errors.ts';

/**
 * What a request carries besides its payload: `id` (unique within the asking process), where its answer goes, and the
 * milliseconds it had left when the message was sent.
 */
export const requestItem = record({ id: number, replyTo: text, remainingMs: u32, payload: bytes });

/**
 * An answer. `id` is the request's. A request that could not be read has no id to answer by: then the answer goes to
 * the message's own reply subject and `id` is -1 - (the item's place in the message), or {@link WHOLE_MESSAGE}.
 */
export const answerItem = record({ id: number, fault: oneOf(['', ...busFaults]), payload: bytes });

/** As an answer's id: concerns every item of the message. */
export const WHOLE_MESSAGE = Number.MIN_SAFE_INTEGER;

export const noPayload = new Uint8Array(0);
