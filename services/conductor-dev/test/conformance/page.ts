import type { Case } from './types.ts';

/** The page that lists the cases and what came of each: nothing in it changes from one run to the next. */

export type Outcome = 'passed' | 'failed' | 'not run';

/** What came of a case on each server. */
export interface Result {
  dev: Outcome;
  real: Outcome;
}

const signs: Record<Outcome, string> = { passed: '✓', failed: '✗', 'not run': '–' };

export function conformancePage(
  table: Record<string, readonly Case[]>,
  resultOf: (group: string, name: string) => Result,
  besides: readonly { name: string; result: Result }[],
): string {
  const groups = Object.entries(table);
  const results = groups.flatMap(([group, cases]) => cases.map(({ name }) => resultOf(group, name)));
  const passed = (server: keyof Result) => results.filter((result) => result[server] === 'passed').length;
  const sections = groups.map(([group, cases]) => {
    const rows = cases.map(({ name, why }) => row(name, resultOf(group, name), why ?? ''));
    return [`## ${group}`, '', ...head, ...rows, ''].join('\n');
  });
  const more = besides.map(({ name, result }) => row(name, result, ''));
  return `# conductor-dev and Conductor OSS, case by case

One table of cases runs against conductor-dev and against a real Conductor OSS 3.32.3 with its default storage (SQLite): the
same requests, and the same comparisons of what comes back. Of ${results.length} cases ${passed('dev')} passed on conductor-dev and ${passed('real')} on the real server.
Where a case compares less than it could, the last column says what and why.

This page is written from such a run: start a real server, then
\`CONDUCTOR_SERVER_URL=http://127.0.0.1:8080/api node services/conductor-dev/test/conformance/write-page.ts\`.
\`node scripts/docs.ts --check\` fails when a case is missing here, or is here and nowhere else.

${sections.join('\n')}
${BESIDES}

${[...head, ...more].join('\n')}
`;
}

const BESIDES = '## Besides the table';
const head = ['| case | conductor-dev | Conductor OSS | what is not compared |', '| --- | --- | --- | --- |'];

function row(name: string, { dev, real }: Result, why: string): string {
  return `| ${cell(name)} | ${signs[dev]} | ${signs[real]} | ${cell(why)} |`;
}

function cell(text: string): string {
  const escapes: Record<string, string> = { '|': '\\|', '<': '&lt;', '*': '\\*', $: '&#36;', '\n': ' ' };
  return text.replace(/[|<*$\n]/g, (character) => escapes[character] ?? character);
}

/** Cases of the table that the page does not list, and those it lists that are in no table, with their groups. */
export function pageDrift(
  page: string,
  table: Record<string, readonly Case[]>,
): { missing: string[]; surplus: string[] } {
  const wanted = Object.entries(table).flatMap(([group, cases]) => cases.map(({ name }) => `${group}: ${cell(name)}`));
  const listed: string[] = [];
  let group = '';
  for (const line of (page.split(BESIDES)[0] ?? '').split('\n')) {
    if (line.startsWith('## ')) group = line.slice(3);
    const name = /^\| (.*?) \| [✓✗–] \| [✓✗–] \|/.exec(line)?.[1];
    if (name !== undefined) listed.push(`${group}: ${name}`);
  }
  return {
    missing: wanted.filter((name) => !listed.includes(name)),
    surplus: listed.filter((name) => !wanted.includes(name)),
  };
}
