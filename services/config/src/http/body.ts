import { AdminProblem } from '../problems.ts';
import { maxDepth, nestsTooDeep } from '@rostrum/contract/json';

/**
 * A JSON body, whatever its content type says: clients send that header doubled, or with no body at all.
 *
 * @throws {AdminProblem} malformed-body.
 */
export function parseJsonBody(text: string): unknown {
  if (text.trim() === '') return undefined;
  if (nestsTooDeep(text)) throw new AdminProblem('malformed-body', `The body nests deeper than ${maxDepth} levels.`);
  try {
    // Later a member "__proto__" would be copied as a prototype.
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? refuseProto() : value));
  } catch (error) {
    if (error instanceof AdminProblem) throw error;
    throw new AdminProblem('malformed-body', `The body is not JSON: ${(error as Error).message}`);
  }
}

function refuseProto(): never {
  throw new AdminProblem('malformed-body', 'The body has a member "__proto__"; remove it.');
}
