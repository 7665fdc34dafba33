import type { Reporter, TestCase } from 'vitest/node';

/** Names the tests that passed only when they were repeated, with what was wrong the first time. */
export default class RepeatedTests implements Reporter {
  onTestCaseResult(test: TestCase): void {
    if (!test.diagnostic()?.flaky) return;
    const reasons = (test.result().errors ?? []).map(({ message }) => message.split('\n', 1)[0]);
    process.stdout.write(`REPEATED ${test.module.relativeModuleId} > ${test.fullName}: ${reasons.join('; ')}\n`);
  }
}
