import { expect, it } from 'vitest';
import { z } from 'zod';
import { valueFault } from './value-faults.ts';

it.each([
  [z.string(), undefined, 'is required'],
  [z.enum(['A', 'B']), undefined, 'is required'],
  [z.string(), 5, 'has to be a string'],
  [z.strictObject({}), [], 'has to be an object'],
  [z.array(z.string()), {}, 'has to be an array'],
  [z.int(), 1.5, 'has to be a whole number'],
  [z.number().min(0), -1, 'has to be 0 or more'],
  [z.string().min(1), '', 'may not be empty'],
  [z.string().max(3), 'four', 'has to be 3 characters or less'],
  [z.enum(['A', 'B']), 'C', 'has to be one of A, B'],
  [z.string('is needed here'), 5, 'is needed here'],
])('a fault says what the value has to be: %#', (schema, value, sentence) => {
  const { error } = z.safeParse(schema, value, { error: valueFault });
  expect(error?.issues.map(({ message }) => message)).toEqual([sentence]);
});
