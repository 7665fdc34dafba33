import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue, problemCodes } from '@rostrum/shared/problems';
import { runbook } from '@rostrum/shared/runbook';
import { root } from '@rostrum/stack';
import { expect, it } from 'vitest';

/** These pages are generated from the services’ own settings and registries, and held to them. */
const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');
const known = `${page('configuration.md')}${page('metrics.md')}`;

it.each(problemCodes)('operators are told what to make of %s, in sentences, and by names that exist', (code) => {
  const text = runbook[code];
  expect(text.length).toBeGreaterThan(80);
  expect(text).toMatch(/^[^\n]+\.$/);
  expect(text).not.toBe(catalogue[code].help);
  const named = [...text.matchAll(/`(rostrum_\w+|[A-Z][A-Z\d]*_[A-Z\d_]+)`/g)].map(([, name]) => name as string);
  for (const name of named) expect([code, name, known.includes(`\`${name}\``)]).toEqual([code, name, true]);
});
