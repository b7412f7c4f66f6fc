/** Adds up what the test runners wrote, so that nothing that went wrong is lost from the closing line. */

/**
 * @typedef {{ passed: number, failed: number, skipped: number, problems: string[] }} Summary
 * `problems` are failures that no single test stands for; each counts as one failed.
 */

/**
 * What Vitest's JSON report says. A runner that died, or ran nothing, is a failure.
 * @param {any} report the parsed report, or undefined where none was written
 * @param {number} exitCode
 * @returns {Summary}
 */
export function summariseVitest(report, exitCode) {
  if (!report) return died('vitest', exitCode);
  const brokenFiles = (report.testResults ?? []).filter(
    (/** @type {any} */ file) =>
      file.status === 'failed' &&
      !file.assertionResults.some((/** @type {any} */ test) => test.status === 'failed'),
  );
  return close('vitest', exitCode, {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    problems: brokenFiles.map((/** @type {any} */ file) => `${file.name} could not run: ${file.message}`),
  });
}

/**
 * What Playwright's JSON report says. A flaky test counts as passed.
 * @param {any} report
 * @param {number} exitCode
 * @returns {Summary}
 */
export function summarisePlaywright(report, exitCode) {
  if (!report) return died('playwright', exitCode);
  const { expected, flaky, unexpected, skipped } = report.stats;
  return close('playwright', exitCode, {
    passed: expected + flaky,
    failed: unexpected,
    skipped,
    problems: (report.errors ?? []).map((/** @type {any} */ error) => String(error.message)),
  });
}

/** @param {Summary[]} parts @returns {Summary} */
export function add(parts) {
  return {
    passed: parts.reduce((sum, part) => sum + part.passed, 0),
    failed: parts.reduce((sum, part) => sum + part.failed, 0),
    skipped: parts.reduce((sum, part) => sum + part.skipped, 0),
    problems: parts.flatMap((part) => part.problems),
  };
}

/** The closing line. @param {Summary} summary */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? ` (${skipped} skipped)` : ''}`;
}

/** @param {string} runner @param {number} exitCode @returns {Summary} */
function died(runner, exitCode) {
  return {
    passed: 0,
    failed: 1,
    skipped: 0,
    problems: [`${runner} left no report (exit code ${exitCode})`],
  };
}

/** Counts problems as failures, and adds one where the runner's exit code tells of something its report does not. */
/** @param {string} runner @param {number} exitCode @param {Summary} counted @returns {Summary} */
function close(runner, exitCode, counted) {
  const problems = [...counted.problems];
  const failures = counted.failed + problems.length;
  if (counted.passed + failures === 0) problems.push(`${runner} ran no test`);
  else if (exitCode !== 0 && failures === 0) problems.push(`${runner} ended with exit code ${exitCode}`);
  return { ...counted, failed: counted.failed + problems.length, problems };
}
