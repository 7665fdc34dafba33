import { expect, test } from 'vitest';
import type { Job } from './job.ts';
import { Probation } from './probation.ts';

const job = (revision = 'a@1', owner = 'a') => ({ owner, revision }) as Job;

test('a revision may have a second run at the same time once one has ended by itself', () => {
  const probation = new Probation();
  probation.started(job());
  expect(probation.mayStart(job())).toBe(false);
  expect(probation.mayStart(job('a@2')), 'another revision').toBe(true);
  expect(probation.mayStart(job('a@1', 'b')), 'another owner’s of that name').toBe(true);
  probation.prove(job());
  expect(probation.mayStart(job())).toBe(true);
});

test('one that had to be ended has one at a time again, when all its runs have ended', () => {
  const probation = new Probation();
  probation.prove(job());
  for (let run = 0; run < 2; run++) probation.started(job());
  probation.strike(job());
  probation.ended(job());
  expect(probation.mayStart(job()), 'the other one runs').toBe(false);
  probation.ended(job());
  expect(probation.mayStart(job())).toBe(true);
});
