import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { loadFiles } from '../file/load.ts';
import { kinds } from '../file/shape.ts';
import { Source } from '../file/source.ts';
import { exported, toYaml, variableFor } from './exported.ts';
import type { Live } from './live.ts';
import { makePlan } from './plan.ts';

const directory = mkdtempSync(join(tmpdir(), 'rostrum-export-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const part = fc.constantFrom(
  ...['a', ' ', '\n', '\r', '\t', '#', ': ', '- ', '${ROSTRUM_KEY_SECRET}', '<<', '"', "'", '\\', '\u2028', '\uFEFF'],
  ...['!!js/function', '&x', '*x', '|', '>', '%', '---', '...', 'null', '1e3', '~', '?', '[', '{', '}', ',', '`'],
);
const text = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));

it('whatever texts a server has, its export reads as these again', () => {
  fc.assert(
    fc.property(text, (any) => {
      const content = { services: [{ id: 's', description: any, list: [any, any] }], [any]: 1 };
      const source = new Source('x.yaml', toYaml(content));
      expect(source.faults).toEqual([]);
      expect(source.content()).toEqual(content);
    }),
  );
});

it('an export is planned as no change, also of what looks like a reference', async () => {
  const route = {
    httpMethod: 'GET',
    path: '/',
    mappedWorkflow: { name: 'w' },
    queryParameters: [],
    workflowExecutionMode: 'SYNCHRONOUS',
    workflowMetadataInOutput: false,
    inputSchema: { file: '/etc/passwd' },
    preRequestScript: 'var a = `${ROSTRUM_UNSET}`;',
  };
  const service = { id: 's', path: '/s', description: 'see ${ROSTRUM_KEY_SECRET}', routes: [route] };
  const live: Live = {
    objects: { application: new Map(), authConfig: new Map(), service: new Map([['s', service]]) },
    schemas: new Map([['e', [{ name: 'e', version: 1, type: 'JSON', data: { file: 'x' } }]]]),
  };
  const file = join(directory, 'export.yaml');
  writeFileSync(file, toYaml(exported(live, new Set(kinds))));
  const loaded = loadFiles([file], { env: { ROSTRUM_KEY_SECRET: 'hush' } });
  expect(loaded.faults).toEqual([]);
  const { steps, faults } = await makePlan(loaded, live, true, async () => undefined);
  expect(faults).toEqual([]);
  expect(steps.map(({ action, changes }) => ({ action, changes }))).toEqual([
    { action: 'none', changes: [] },
    { action: 'none', changes: [] },
  ]);
});

it('no variable of an export is one that the command line itself reads', () => {
  expect(['secret', 'id', 'secret-file'].map((id) => variableFor(id))).toEqual([
    'ROSTRUM_API_KEY_SECRET',
    'ROSTRUM_API_KEY_ID',
    'ROSTRUM_API_KEY_SECRET_FILE',
  ]);
});
