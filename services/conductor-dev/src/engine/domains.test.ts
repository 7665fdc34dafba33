import { expect, test } from 'vitest';
import { domainOf } from './domains.ts';

test.each([
  ['the only one', { call: 'mine' }, [], 'mine'],
  ['the last when none has a worker', { call: 'a,b' }, [], 'b'],
  ['the first with a worker', { call: 'a, b,c' }, ['b', 'c'], 'b'],
  ['none at last', { call: 'a,NO_DOMAIN' }, [], undefined],
  ['one with a worker before none', { call: 'a,no_domain' }, ['a'], 'a'],
  ['any task', { '*': 'all' }, [], 'all'],
  ['its own before that of any task', { '*': 'all', call: 'mine' }, [], 'mine'],
  ['an empty name, as on the real server', { call: '' }, [], ''],
  ['another task is another matter', { other: 'mine' }, [], undefined],
])('%s', (_, taskToDomain, active: string[], domain) => {
  expect(domainOf(taskToDomain, 'call', (one) => active.includes(one))).toBe(domain);
});
