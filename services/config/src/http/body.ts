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
    return JSON.parse(text, (key, value: unknown) => {
      // Later it would be copied as a prototype.
      if (key === '__proto__')
        throw new AdminProblem('malformed-body', 'The body has a member "__proto__"; remove it.');
      if (!key.isWellFormed()) throw halfCharacter('the name of a member');
      if (typeof value === 'string' && !value.isWellFormed()) throw halfCharacter(`the text of ${JSON.stringify(key)}`);
      return value;
    });
  } catch (error) {
    if (error instanceof AdminProblem) throw error;
    throw new AdminProblem('malformed-body', `The body is not JSON: ${(error as Error).message}`);
  }
}

/** No UTF-8 has it (RFC 8259, 8.2): it would be stored and shown as something else. */
function halfCharacter(where: string): AdminProblem {
  const detail = `In the body ${where} has half a surrogate pair (\\ud800 to \\udfff alone); write the whole character.`;
  return new AdminProblem('malformed-body', detail);
}
