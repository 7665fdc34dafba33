import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadFiles } from './load.ts';
import { faultLine } from './source.ts';

const directory = mkdtempSync(join(tmpdir(), 'rostrum-files-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Loads these files; places are told without the folder. */
function load(contents: Record<string, string>, env: NodeJS.ProcessEnv = {}) {
  const files = Object.entries(contents).map(([name, text]) => {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  });
  const loaded = loadFiles(
    files.filter((file) => /\.(?:yaml|json)$/.test(file) && !file.includes('/parts/')),
    { env },
  );
  const lines = (faults: typeof loaded.faults) =>
    faults.map(faultLine).map((line) => line.replace(`${directory}/`, ''));
  return { ...loaded, faults: lines(loaded.faults), warnings: lines(loaded.warnings) };
}

describe('faults', () => {
  it('are all told at once, each with line and column', () => {
    const { faults } = load({
      'a.yaml': `services:
  - id: Orders
    path: orders
    colour: red
    routes:
      - httpMethod: FETCH
        path: /:id
        mappedWorkflow: {name: work}
      - {httpMethod: GET, path: /x}
authConfigs:
  - authenticationType: NONE
  - id: typeless
extra: 1
`,
    });
    expect(faults.map((line) => line.split(': ').slice(0, 2).join(': ').slice(0, 60)).toSorted()).toEqual([
      expect.stringMatching(/^a\.yaml:11:5: is required/),
      expect.stringMatching(/^a\.yaml:12:5: authenticationType is required/),
      expect.stringMatching(/^a\.yaml:13:1: there is no member "extra"/),
      expect.stringMatching(/^a\.yaml:2:9: has to start with a lowercase/),
      expect.stringMatching(/^a\.yaml:3:11: has to start with \//),
      expect.stringMatching(/^a\.yaml:4:5: there is no member "colour"/),
      expect.stringMatching(/^a\.yaml:6:21: has to be one of/),
      expect.stringMatching(/^a\.yaml:7:15: :id is not a parameter/),
      expect.stringMatching(/^a\.yaml:9:9: /),
    ]);
  });

  it('of YAML itself have their place too', () => {
    expect(load({ 'b.yaml': 'services:\n  - id: a\n    id: b\n' }).faults).toEqual([
      expect.stringMatching(/^b\.yaml:3:5: cannot be read: Map keys must be unique/),
    ]);
    expect(load({ 'b.yaml': '- 1\n' }).faults).toEqual([expect.stringMatching(/^b\.yaml:1:1: has to be a mapping/)]);
  });

  it('between services of several files are found: one base path, one id, routes that are the same', () => {
    const route = '{httpMethod: GET, path: "/{a}", mappedWorkflow: {name: w}}';
    const { faults } = load({
      'c.yaml': `services:\n  - {id: one, path: /same, routes: [${route}, ${route.replace('{a}', '{b}')}]}\n`,
      'd.yaml': 'services:\n  - {id: two, path: /same}\n  - {id: one, path: /other}\n',
    });
    expect(faults).toEqual([
      expect.stringMatching(/^d\.yaml:3:5: the service one stands in .*c\.yaml:2:5 too/),
      expect.stringMatching(/^c\.yaml:2:\d+: no request could tell GET \/\{b\} from GET \/\{a\}/),
      expect.stringMatching(/^d\.yaml:2:21: the base path \/same belongs to the service one/),
    ]);
  });
});

describe('references', () => {
  const keys = (list: string) =>
    `authConfigs:\n  - id: a\n    authenticationType: API_KEY\n    apiKeys:\n${list
      .split('\n')
      .map((line) => `      - ${line}\n`)
      .join('')}`;

  it('to secrets are filled in; a plain one is a warning, and never shown', () => {
    const loaded = load(
      { 'e.yaml': keys('env: ONE\nfile: parts/two\nplain-key\n${ROSTRUM_FOUR}'), 'parts/two': 'from-a-file\n' },
      { ONE: 'from-the-environment', ROSTRUM_FOUR: 'four' },
    );
    expect(loaded.faults).toEqual([]);
    expect(loaded.wanted[0]?.body['apiKeys']).toEqual(['from-the-environment', 'from-a-file', 'plain-key', 'four']);
    expect(loaded.warnings).toEqual([expect.stringMatching(/^e\.yaml:7:9: is a secret in plain text/)]);
    expect(loaded.warnings.join()).not.toContain('plain-key');
  });

  it('to secrets that are not known here are no faults: files are validated where secrets are not', () => {
    const { faults, wanted } = load({ 'e.yaml': keys('env: UNSET\nfile: parts/none') });
    expect(faults).toEqual([]);
    expect(wanted[0]?.unknown).toEqual([
      'the environment variable UNSET is not set',
      'parts/none: there is no such file',
    ]);
  });

  it('with a mask stand for the key that the server has, until the secret is known', () => {
    const file = { 'e.yaml': keys("{env: ONE, mask: '********abc'}") };
    expect(load(file).wanted[0]).toMatchObject({ body: { apiKeys: ['********abc'] }, unknown: [] });
    expect(load(file, { ONE: 'one' }).wanted[0]?.body['apiKeys']).toEqual(['one']);
  });

  it('to files hold scripts and JSON Schemas, in YAML or JSON; null in a schema stays', () => {
    const service = (route: string) => `services:\n  - id: s\n    path: /s\n    routes:\n      - ${route}\n`;
    const given =
      '{httpMethod: GET, path: /, mappedWorkflow: {name: w}, preRequestScript: {file: parts/a.js}, inputSchema: {file: parts/a.yaml}}';
    const { wanted, faults } = load({
      'f.yaml': service(given),
      'parts/a.js': '$.x\n',
      'parts/a.yaml': 'enum: [null, 1]\ndefault: null\n',
    });
    expect(faults).toEqual([]);
    expect(wanted[0]?.body['routes']).toEqual([
      expect.objectContaining({ preRequestScript: '$.x\n', inputSchema: { enum: [null, 1], default: null } }),
    ]);
    const missing = load({ 'f.yaml': service(given.replace('a.js', 'none.js')) });
    expect(missing.faults).toEqual([expect.stringMatching(/^f\.yaml:5:.*none\.js: there is no such file/)]);
  });
});

it.each([
  [
    'an anchor that is not there',
    'services:\n  - a: *b\n',
    /^y\.yaml:2:8: cannot be read: nothing before has the anchor &b/,
  ],
  ['an alias within itself', 'services: &x\n  - *x\n', /^y\.yaml:2:5: cannot be read: \*x stands within itself/],
  ['aliases of aliases', bomb(), /^y\.yaml:3:8: cannot be read: aliases of aliases make it huge/],
  ['a tag that nobody knows', 'services:\n  - id: !!js/function x\n', /^y\.yaml:2:9: cannot be read: Unresolved tag/],
  [
    'a second document',
    'services: []\n---\nservices: []\n',
    /^y\.yaml:2:1: cannot be read: another document begins here/,
  ],
])('%s is a fault with a place', (_what, text, fault) => {
  expect(load({ 'y.yaml': text }).faults).toEqual([expect.stringMatching(fault)]);
});

/** Each line names the one before ten times. */
function bomb(): string {
  const lines = Array.from({ length: 6 }, (_, n) => `- &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`);
  return ['- &z 0', '- &a0 [1, 2]', ...lines, ''].join('\n');
}

it('permissions may stand beside their application, also in another file', () => {
  const { wanted, faults } = load({
    'g.yaml': 'applications:\n  - {id: shop, workflows: [order]}\n',
    'h.yaml': 'permissions:\n  - {application: shop, workflows: ["pay-*"]}\n  - {application: none, workflows: [x]}\n',
  });
  expect(wanted[0]?.body).toMatchObject({
    name: 'shop',
    permissions: [
      { type: 'WORKFLOW_DEF', id: 'order', access: ['EXECUTE'] },
      { type: 'WORKFLOW_DEF', id: 'pay-*', access: ['EXECUTE'] },
    ],
  });
  expect(faults).toEqual([expect.stringMatching(/^h\.yaml:3:19: no file has the application none/)]);
});

it('anchors and merge keys are YAML as everywhere, and faults in them have a place', () => {
  const { wanted, faults } = load({
    'i.yaml': `authConfigs:
  - &a {id: one, authenticationType: NONE}
  - {<<: *a, id: two}
  - {<<: *a, id: three, colour: 1}
`,
  });
  expect(wanted.map(({ id }) => id)).toEqual(['one', 'two']);
  expect(faults).toEqual([expect.stringMatching(/^i\.yaml:4:25: there is no member "colour"/)]);
});

describe('the environment', () => {
  const env = { ROSTRUM_KEY_SECRET: 'hush', ROSTRUM_TOKEN: 'hush', ROSTRUM_X: 'x', ADMIN_KEY_SECRET: 'hush' };

  it('is in no text: an export may have texts that anybody has written', () => {
    const text = 'see ${ROSTRUM_KEY_SECRET} and ${ROSTRUM_X} and ${ROSTRUM_UNSET}';
    const script = 'var a = `${ROSTRUM_X}`;';
    const route = { httpMethod: 'GET', path: '/', mappedWorkflow: { name: 'w' }, preRequestScript: script };
    const services = [{ id: 's', path: '/s', description: text, routes: [route] }];
    const { wanted, faults } = load({ 'j.yaml': JSON.stringify({ services }) }, env);
    expect(faults).toEqual([]);
    expect(wanted[0]?.body).toMatchObject({ description: text, routes: [{ preRequestScript: script }] });
  });

  it('gives nobody what the command line itself calls with', () => {
    const names = ['{env: ROSTRUM_KEY_SECRET}', '{env: ROSTRUM_TOKEN, mask: "********a"}', '"${ROSTRUM_KEY_SECRET}"'];
    const list = `[${names.join(', ')}]`;
    const given = `authConfigs: [{id: a, authenticationType: API_KEY, apiKeys: ${list}}]\n`;
    const { wanted, faults } = load({ 'j.yaml': given }, env);
    expect(faults).toEqual(names.map(() => expect.stringContaining('says who calls')));
    expect(JSON.stringify(wanted)).not.toContain('hush');
  });
});

it('an empty list is written as one: nothing is pruned because a value is missing', () => {
  const { faults } = load({ 'n.yaml': 'services:\nschemas: []\n' });
  expect(faults).toEqual([expect.stringMatching(/^n\.yaml:1:1: has to be a list and is empty: write \[\]/)]);
});

it('a script that does not compile is told where it stands in the YAML', () => {
  const { faults } = load({
    'k.yaml': `services:
  - id: s
    path: /s
    routes:
      - httpMethod: GET
        path: /
        mappedWorkflow: {name: w}
        preRequestScript: |
          var ok = 1;
            var a b;
      - {httpMethod: GET, path: /b, mappedWorkflow: {name: w}, preRequestScript: "a b"}
`,
  });
  expect(faults).toEqual([
    expect.stringMatching(/^k\.yaml:10:19: does not compile: /),
    expect.stringMatching(/^k\.yaml:11:85: does not compile: /),
  ]);
});

it('what the server would refuse of schemas and roles is found offline', () => {
  const { faults, wanted } = load({
    'l.yaml': `schemas:
  - {name: a, data: {type: zzz}}
  - {name: b, data: '{bad'}
  - {name: c, data: 5}
  - {name: bad name, data: {}}
  - {name: fine, version: 0, data: {}}
applications:
  - {id: p, roles: [' ']}
`,
  });
  expect(faults.map((line) => line.slice(0, 13)).toSorted()).toEqual([
    expect.stringMatching(/^l\.yaml:2:15:/),
    expect.stringMatching(/^l\.yaml:3:21:/),
    expect.stringMatching(/^l\.yaml:4:21:/),
    expect.stringMatching(/^l\.yaml:5:12:/),
    expect.stringMatching(/^l\.yaml:8:21:/),
  ]);
  expect(wanted.map(({ body }) => body)).toEqual([{ name: 'fine', type: 'JSON', data: {} }]);
});
