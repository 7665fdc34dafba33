import { setImmediate as nextTurn } from 'node:timers/promises';
import { compile } from '../domain/compile.ts';
import { type ConfigState, emptyState, type Service, takeChange, valuesOf } from '../domain/records.ts';
import { AdminProblem } from '../problems.ts';
import { largestPart, parts } from '../storage/store.ts';
import { outlineOf, pathFaults } from '../write/validate.ts';
import type { BackupObject } from './format.ts';

/**
 * Whether what is in a backup goes together: every service compiles, and none is in another's way. Nothing is written.
 *
 * @throws {AdminProblem} when not.
 */
export async function checkTogether(present: ConfigState, objects: readonly BackupObject[]): Promise<void> {
  const state: ConfigState = { ...emptyState(), compiler: present.compiler };
  for (const { kind, id, value } of objects) takeChange(state, { kind, id }, value, present.sequence);
  const services = valuesOf(state.services);
  for (const service of services) {
    const fault = pathFaults(outlineOf(service), services)[0]?.detail ?? compileFault(state, service);
    if (fault !== undefined) {
      throw new AdminProblem(
        'malformed-body',
        `The service ${service.id} of the backup: ${fault}. Nothing was changed.`,
      );
    }
    // There may be thousands of services: others are served in between.
    await nextTurn();
  }
}

function compileFault(state: ConfigState, service: Service): string | undefined {
  try {
    const compiled = compile(state, service);
    const large = parts.find((part) => Buffer.byteLength(JSON.stringify(compiled[part])) > largestPart);
    return large && `its compiled ${large} part is larger than ${largestPart} bytes`;
  } catch (error) {
    return `it does not compile: ${(error as Error).message}`;
  }
}
