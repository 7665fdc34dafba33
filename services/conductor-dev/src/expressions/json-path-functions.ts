/** The functions that a path may end with. Each gives its value in a list, or none when it does not apply. */
export const functions: Readonly<Record<string, (value: unknown) => unknown[]>> = {
  length: lengthOf,
  size: lengthOf,
  first: (value) => (Array.isArray(value) ? value.slice(0, 1) : []),
  last: (value) => (Array.isArray(value) ? value.slice(-1) : []),
  keys: (value) => (isMap(value) ? [Object.keys(value)] : []),
  min: ofNumbers((numbers) => Math.min(...numbers)),
  max: ofNumbers((numbers) => Math.max(...numbers)),
  sum: ofNumbers(sum),
  avg: ofNumbers(average),
  stddev: ofNumbers((numbers) => Math.sqrt(average(numbers.map((number) => (number - average(numbers)) ** 2)))),
};

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lengthOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return [value.length];
  return isMap(value) ? [Object.keys(value).length] : [];
}

function ofNumbers(compute: (numbers: number[]) => number) {
  return (value: unknown): unknown[] => {
    const numbers = Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
    return numbers.length > 0 ? [compute(numbers)] : [];
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function average(numbers: readonly number[]): number {
  return sum(numbers) / numbers.length;
}
