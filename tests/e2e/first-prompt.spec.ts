/** What somebody meets who has only just installed it: a prompt gives a clip at once, and a run is offered to start from that model. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyPackage } from '../runtime/models/package-fixture.ts';
import { clipsFolder, startEngine } from './support/engine.ts';
import { expect, expectAccessible, keepScreenshot, test } from './support/test.ts';

test('in an empty workspace the base model makes a clip, and stands first where a run can start', async ({
  page,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'reelwright-e2e-base-'));
  const { folder: baseModel } = await tinyPackage(folder, { name: 'Reelwright base', version: '1.0.0' });
  await using engine = await startEngine({ baseModel });
  try {
    await page.goto(engine.url);
    await page.getByTestId('nav-generate').click();
    await expect(page.getByTestId('model-select')).toContainText('Reelwright base');
    await expectAccessible(page);
    await keepScreenshot(page, 'first-prompt');
    await page.getByTestId('prompt').fill('a penguin');
    await page.getByTestId('generate-start').click();
    await expect(page.getByTestId('player')).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
    await expect(page.getByTestId('take-maker')).toHaveText(/^Reelwright base 1\.0\.0 · [0-9a-f]{8}$/);
    await keepScreenshot(page, 'first-take');

    await page.getByTestId('nav-library').click();
    await page.getByTestId('folder-input').setInputFiles(clipsFolder);
    await expect(page.getByTestId('clip-card')).toHaveCount(16, { timeout: 120_000 });
    await page.getByTestId('nav-dataset').click();
    await page.getByTestId('create-snapshot').click();
    await expect(page.getByTestId('snapshot-row')).toHaveCount(1);
    await page.getByTestId('nav-training').click();
    await expect(page.getByTestId('start-from-select')).toContainText('Reelwright base');
    await page.getByTestId('expert-toggle').click();
    await keepScreenshot(page, 'training-from-base');
    await page.getByTestId('start-from-select').click();
    await keepScreenshot(page, 'training-start-from');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
