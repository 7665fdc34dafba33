export { catalogue, isProblemCode, type Owner, type ProblemCode, problemCodes } from './catalogue.ts';
export { type Fault, Problem, type ProblemExtras, problemBody, problemLog } from './problem.ts';
