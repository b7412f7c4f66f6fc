/** The closing line of `npm test` loses nothing: broken files, dead runners and empty runs all count as failures. */
import { describe, expect, test } from 'vitest';
import { add, closingLine, summarisePlaywright, summariseVitest } from '../../../scripts/test-summary.mjs';

const vitest = (passed: number, failed: number, testResults: unknown[] = [], skipped = 0) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  numTodoTests: 0,
  testResults,
});
const playwright = (expected: number, unexpected: number, skipped = 0, errors: unknown[] = []) => ({
  stats: { expected, unexpected, flaky: 0, skipped },
  errors,
});

describe('vitest', () => {
  test('counts what the report says', () => {
    expect(summariseVitest(vitest(7, 0, [], 2), 0)).toEqual({
      passed: 7,
      failed: 0,
      skipped: 2,
      problems: [],
    });
    expect(summariseVitest(vitest(5, 2), 1)).toMatchObject({ passed: 5, failed: 2, problems: [] });
  });

  test('a file that could not be loaded is a failure', () => {
    const broken = { name: 'a.test.ts', status: 'failed', message: 'no such module', assertionResults: [] };
    const summary = summariseVitest(vitest(5, 0, [broken]), 1);
    expect(summary.failed).toBe(1);
    expect(summary.problems).toEqual(['a.test.ts could not run: no such module']);
  });

  test('a runner that died, ran nothing, or ended badly is a failure', () => {
    expect(summariseVitest(undefined, 139).failed).toBe(1);
    expect(summariseVitest(vitest(0, 0), 0).failed).toBe(1);
    expect(summariseVitest(vitest(9, 0), 1)).toMatchObject({ passed: 9, failed: 1 });
  });
});

describe('playwright', () => {
  test('counts what the report says', () => {
    expect(summarisePlaywright(playwright(3, 1, 1), 1)).toMatchObject({ passed: 3, failed: 1, skipped: 1 });
  });

  test('an error outside any test is a failure', () => {
    const summary = summarisePlaywright(playwright(3, 0, 0, [{ message: 'setup failed' }]), 1);
    expect(summary).toMatchObject({ passed: 3, failed: 1, problems: ['setup failed'] });
  });

  test('only skipped journeys are no success', () => {
    expect(summarisePlaywright(playwright(0, 0, 3), 0).failed).toBe(1);
  });
});

test('the closing line adds up all runners', () => {
  const sum = add([summariseVitest(vitest(5, 1), 1), summarisePlaywright(playwright(2, 0, 1), 0)]);
  expect(closingLine(sum)).toBe('7 passed, 1 failed (1 skipped)');
  expect(closingLine(add([summariseVitest(vitest(5, 0), 0)]))).toBe('5 passed, 0 failed');
});
