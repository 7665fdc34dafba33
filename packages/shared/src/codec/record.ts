import { Reader, Writer } from './bytes.ts';
import { CodecError } from './errors.ts';
import { CURRENT, isReadable, type Version, WRITTEN } from './version.ts';

/** How one member of a record is written and read. */
export interface Field<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
  /** The first codec version that has this field, and its value when an older one is read. */
  since?: { version: number; fallback: T };
}

/**
 * Turns values into bytes and back. The first byte is the version it was written in, so that a record is readable
 * wherever it ends up: in a message, inside another record, or in a store. Unless told a version, `encode` takes the
 * lowest that holds the value, {@link WRITTEN} or a later one: what says nothing new is read by the release before.
 * `decode` throws a CodecError and nothing else.
 */
export interface Codec<T, G = T> {
  encode(value: G, version?: Version): Buffer;
  /** The value with what recent fields say by themselves. */
  complete(value: G): T;
  decode(bytes: Uint8Array): T;
}

export const text: Field<string> = { write: (w, value) => w.text(value), read: (r) => r.text() };
export const bytes: Field<Uint8Array> = { write: (w, value) => w.bytes(value), read: (r) => r.bytes() };
/** An integer of 0 … 2^32 - 1. */
export const u32: Field<number> = { write: (w, value) => w.u32(value), read: (r) => r.u32() };
/** Any number; integers are exact up to 2^53. */
export const number: Field<number> = { write: (w, value) => w.f64(value), read: (r) => r.f64() };
export const flag: Field<boolean> = { write: (w, value) => w.u8(value ? 1 : 0), read: (r) => r.u8() === 1 };

/** One of a fixed list of words; a word this reader does not know is refused. The list may grow at its end only. */
export function oneOf<const T extends string>(words: readonly T[]): Field<T> {
  return {
    write: (w, value) => w.u8(words.indexOf(value)),
    read: (r) => {
      const word = words[r.u8()];
      if (word === undefined) throw new CodecError('corrupted', `none of: ${words.join(', ')}`);
      return word;
    },
  };
}

/** A field that not every version has. */
export type RecentField<T> = Field<T> & Required<Pick<Field<T>, 'since'>>;

/** A field that codec versions before `version` do not have; who leaves it out when encoding says `fallback`. */
export function since<T>(version: number, field: Field<T>, fallback: NoInfer<T>): RecentField<T> {
  return { ...field, since: { version, fallback } };
}

type Value<F> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };
type RecentNames<F> = { [K in keyof F]: F[K] extends { since: object } ? K : never }[keyof F];
/** What is encoded: recent fields may be left out. */
type Given<F> = Omit<Value<F>, RecentNames<F>> & Partial<Pick<Value<F>, RecentNames<F>>>;

/** A record of fields in the order they are named. New fields go to the end, with {@link since}. */
// A record's fields are of any type; Value<F> recovers each.
// oxlint-disable-next-line typescript/no-explicit-any
export function record<F extends Record<string, Field<any>>>(fields: F): Codec<Value<F>, Given<F>> {
  const entries = Object.entries(fields);
  const newest = entries.filter(([, field]) => field.since && field.since.version > WRITTEN);
  const saysMore = (value: Record<string, unknown>) =>
    newest.some(([name, field]) => value[name] !== undefined && value[name] !== field.since?.fallback);
  const fallbacks = Object.fromEntries(
    entries.flatMap(([name, field]) => (field.since ? [[name, field.since.fallback]] : [])),
  );
  return {
    complete: (given) => ({ ...fallbacks, ...given }) as Value<F>,
    encode(given, version) {
      const value = given as Record<string, unknown>;
      const written = version ?? (saysMore(value) ? CURRENT : WRITTEN);
      const writer = new Writer();
      writer.u8(written);
      for (const [name, field] of entries) {
        if (!field.since || written >= field.since.version) field.write(writer, value[name] ?? field.since?.fallback);
      }
      return writer.done();
    },
    decode(encoded) {
      const reader = new Reader(encoded);
      const version = reader.u8();
      if (!isReadable(version)) throw new CodecError('version', `codec version ${version} is not read here`);
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) {
        value[name] = field.since && version < field.since.version ? field.since.fallback : field.read(reader);
      }
      reader.end();
      return value as Value<F>;
    },
  };
}
