import { expect, test } from 'vitest';
import type { Job } from './job.ts';
import { Verdicts } from './verdicts.ts';

const job = (script = '1', revision = 'a@1') => ({ owner: 'a', revision, script }) as Job;

test('five runs of a script are watched, one at a time; until then each has a fresh context', () => {
  const verdicts = new Verdicts();
  for (let time = 0; time < 5; time++) {
    const [run, another] = [job(), job()];
    expect(verdicts.begin(run)).toEqual({ watch: true, fresh: true });
    expect(verdicts.begin(another)).toEqual({ watch: false, fresh: true });
    verdicts.end(another, false);
    verdicts.end(run, false);
  }
  expect(verdicts.begin(job())).toEqual({ watch: false, fresh: false });
  expect(verdicts.begin(job('2')), 'another script of that name').toEqual({ watch: true, fresh: true });
});

test('one that has changed built-ins has fresh contexts for good', () => {
  const verdicts = new Verdicts();
  for (const changes of [false, true]) {
    const run = job();
    verdicts.begin(run);
    verdicts.end(run, changes);
  }
  for (let time = 0; time < 10; time++) expect(verdicts.begin(job())).toEqual({ watch: false, fresh: true });
  expect(verdicts.begin(job('1', 'a@2')), 'another revision').toEqual({ watch: true, fresh: true });
});
