/** `npm test`: installs and builds what is missing, runs every test level and the journeys, closes with one line that adds all up. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, main, runTool, say, toolEnvironment } from './setup.mjs';
import { add, closingLine, summarisePlaywright, summariseVitest } from './test-summary.mjs';

await main(async () => {
  await install();
  await build();
  const folder = mkdtempSync(join(tmpdir(), 'reelwright-test-'));
  try {
    say('Tests: unit, db, runtime, ui (Vitest) …');
    const vitestReport = join(folder, 'vitest.json');
    const vitest = await runTool('node_modules/vitest/vitest.mjs', [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${vitestReport}`,
    ]);
    if (vitest === 130) return 130;

    say('Journeys in Chromium and Electron (Playwright) …');
    const journeysReport = join(folder, 'playwright.json');
    const playwright = await runTool(
      'node_modules/@playwright/test/cli.js',
      ['test', '--config', 'tests/e2e/playwright.config.ts', '--reporter=list,json'],
      { env: { ...toolEnvironment(), PLAYWRIGHT_JSON_OUTPUT_FILE: journeysReport } },
    );
    if (playwright === 130) return 130;

    const summary = add([
      summariseVitest(readReport(vitestReport), vitest),
      summarisePlaywright(readReport(journeysReport), playwright),
    ]);
    for (const problem of summary.problems) console.log(`✗ ${problem}`);
    console.log(`\n${closingLine(summary)}`);
    return summary.failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A report that is missing or cut short reads as undefined: the summary counts that as a failure. */
function readReport(/** @type {string} */ path) {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
