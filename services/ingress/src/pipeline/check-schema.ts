import type { SchemaCache } from '@rostrum/shared/json-schema';
import { Problem } from '@rostrum/shared/problems';
import type { CompiledRoute } from '../routing/service-routes.ts';
import type { Input } from './build-input.ts';

/** `size`: about how long the input's JSON is. @throws {Problem} input-schema-violation with every fault. */
export function checkInput(
  { schema }: CompiledRoute,
  input: Input,
  schemas: Pick<SchemaCache, 'get'>,
  size?: number,
): void {
  if (!schema) return;
  const errors = schemas.get(schema.digest, () => JSON.parse(schema.text))(input, size);
  if (errors.length > 0) {
    throw new Problem('input-schema-violation', 'The input does not fit the route’s schema; see errors.', { errors });
  }
}
