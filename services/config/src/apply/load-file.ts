import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { pointerOf } from '@rostrum/contract/pointer';
import { faultsOf } from '@rostrum/contract';

const withId = z.looseObject({ id: z.string('is required, so that applying the file again finds it') });

const configFile = z.strictObject({
  authConfigs: z.array(withId).default([]),
  services: z.array(withId).default([]),
});

/** One thing of a file, as it is sent to the admin API. */
export interface Wanted {
  kind: 'auth config' | 'service';
  id: string;
  body: Record<string, unknown>;
  /** Where it stands, for messages: `<file>#/services/0`. */
  at: string;
}

export interface Loaded {
  wanted: Wanted[];
  /** Everything that is wrong with the file, one sentence each. */
  faults: string[];
}

/** Reads a file; `${ROSTRUM_…}` in its texts becomes the value of that environment variable. */
export function loadFile(path: string, env: NodeJS.ProcessEnv): Loaded {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return { wanted: [], faults: [`${path}: cannot be read as JSON: ${(error as Error).message}`] };
  }
  const faults: string[] = [];
  const filled = fillIn(content, env, '', (pointer, detail) => faults.push(`${path}#${pointer}: ${detail}`));
  const parsed = configFile.safeParse(filled);
  if (!parsed.success) {
    for (const { pointer, detail } of faultsOf(parsed.error)) faults.push(`${path}#${pointer}: ${detail}`);
    return { wanted: [], faults };
  }
  const named = (kind: Wanted['kind'], member: 'authConfigs' | 'services') =>
    parsed.data[member].map(
      (body, index): Wanted => ({
        kind,
        id: body.id,
        body,
        at: `${path}#${pointerOf(member, index)}`,
      }),
    );
  return { wanted: [...named('auth config', 'authConfigs'), ...named('service', 'services')], faults };
}

/** Only names that start with ROSTRUM_: a key template such as `${workflow.input.id}` stays as it is. */
const variable = /\$\{(ROSTRUM_[A-Za-z0-9_]*)\}/g;

function fillIn(
  value: unknown,
  env: NodeJS.ProcessEnv,
  pointer: string,
  fault: (pointer: string, detail: string) => void,
): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(variable, (whole, name: string) => {
      const found = env[name];
      if (found) return found;
      fault(pointer, `the environment variable ${name} is not set`);
      return whole;
    });
  }
  if (Array.isArray(value)) {
    return value.map((each, index) => fillIn(each, env, pointer + pointerOf(index), fault));
  }
  if (typeof value !== 'object' || value === null) return value;
  const filled = Object.entries(value).map(([name, each]) => [
    name,
    fillIn(each, env, pointer + pointerOf(name), fault),
  ]);
  return Object.fromEntries(filled) as Record<string, unknown>;
}

/** Things that several places describe: which one would win is nobody's guess. */
export function doubleFaults(wanted: readonly Wanted[]): string[] {
  const first = new Map<string, Wanted>();
  return wanted.flatMap((each) => {
    const before = first.get(`${each.kind} ${each.id}`);
    if (before) return [`${each.at}: the ${each.kind} ${each.id} stands in ${before.at} too; remove one of the two`];
    first.set(`${each.kind} ${each.id}`, each);
    return [];
  });
}
