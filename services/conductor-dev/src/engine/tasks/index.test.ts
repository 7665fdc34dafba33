import { expect, test } from 'vitest';
import { taskTypes } from '../../definitions/types.ts';
import { systemTasks } from './index.ts';

test('every task type that can be registered runs: by workers, here, or as the task it names', () => {
  expect(['SIMPLE', 'DYNAMIC', ...Object.keys(systemTasks)].sort()).toEqual([...taskTypes].sort());
});
