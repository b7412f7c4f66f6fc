/** The whole way in a browser: folder → captions → split → train → generate → play, as a creator goes it. */
import type { Page } from '@playwright/test';
import { clipsFolder } from './support/engine.ts';
import { expect, expectAccessible, keepScreenshot, test } from './support/test.ts';

// The two videos are cut into two shots each.
const clipCount = 16;
const rooms = ['library', 'dataset', 'training', 'generate', 'settings'] as const;

// One library serves all journeys of this file, in order.
test.describe.configure({ mode: 'serial' });

/** Searches for words that only one clip has, and opens it. */
async function openClip(page: Page, words: string): Promise<void> {
  await page.getByTestId('library-search').fill(words);
  await expect(page.getByTestId('clip-card')).toHaveCount(1);
  await page.getByTestId('clip-card').click();
}

async function openRoom(page: Page, room: (typeof rooms)[number]): Promise<void> {
  await page.getByTestId(`nav-${room}`).click();
  await expect(page.getByTestId(`room-${room}`)).toBeVisible();
}

test('a folder is imported, with captions from beside the files', async ({ page, engine }) => {
  await page.goto(engine.url);
  await expect(page.getByTestId('room-library')).toBeVisible();
  await keepScreenshot(page, 'library-empty');
  await page.getByTestId('folder-input').setInputFiles(clipsFolder);
  await expect(page.getByTestId('clip-card')).toHaveCount(clipCount, { timeout: 120_000 });
  await keepScreenshot(page, 'library');

  await openClip(page, 'octopus');
  await expect(page.getByTestId('caption-editor')).toHaveValue('an orange octopus swimming with waving arms');
});

test('a caption is written, kept, and found', async ({ page, engine }) => {
  await page.goto(engine.url);
  await openClip(page, 'turtle');
  await page.getByTestId('caption-editor').fill('a wandering tortoise');
  await expect(page.getByTestId('caption-saved')).toBeVisible();
  await page.reload();
  await openClip(page, 'tortoise');
  await expect(page.getByTestId('caption-editor')).toHaveValue('a wandering tortoise');
});

test('the clips are split, a model is trained, and a clip is generated and plays', async ({
  page,
  engine,
}) => {
  await page.goto(engine.url);
  await openRoom(page, 'dataset');
  await expect(page.getByTestId('split-part-train')).toBeVisible();
  await keepScreenshot(page, 'dataset');
  await page.getByTestId('snapshot-name').fill('First split');
  await page.getByTestId('create-snapshot').click();
  await expect(page.getByTestId('snapshot-row')).toHaveCount(1);

  await openRoom(page, 'training');
  await page.getByTestId('expert-toggle').click();
  await page.getByTestId('setting-tokenizer-epochs').fill('1');
  await page.getByTestId('setting-gpt-epochs').fill('1');

  // What it would take is measured when asked; other models make that out of date.
  const forecast = page.getByTestId('forecast');
  await page.getByTestId('forecast-measure').click();
  await expect(forecast).toHaveAttribute('data-fit', 'fits', { timeout: 120_000 });
  await expect(page.getByTestId('forecast-verdict')).toContainText('Fits');
  await keepScreenshot(page, 'training-forecast');
  await page.getByTestId('setting-gpt-batch').fill('3');
  await expect(forecast).not.toHaveAttribute('data-fit');
  await page.getByTestId('setting-gpt-batch').fill('4');
  await expect(forecast).toHaveAttribute('data-fit', 'fits');

  await page.getByTestId('train-start').click();
  await expect(page.getByTestId('run-row')).toHaveCount(1);
  await keepScreenshot(page, 'training-running');
  await expect(page.getByTestId('run-status')).toHaveAttribute('data-status', 'done', { timeout: 300_000 });
  await expect(page.getByTestId('val-loss')).toContainText(/\d/);
  await keepScreenshot(page, 'training-done');

  await openRoom(page, 'generate');
  await page.getByTestId('prompt').fill('a penguin');
  await page.getByTestId('generate-start').click();
  await expect(page.getByTestId('filmstrip-frame').first()).toBeVisible({ timeout: 120_000 });
  await expect(page.getByTestId('player')).toHaveAttribute('data-frames', '17', { timeout: 120_000 });
  await expect(page.getByTestId('take-card')).toHaveCount(1);
  await expect(page.getByTestId('player')).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
  // The end of the take must not take its frames away again.
  await expect(page.getByTestId('player')).toHaveAttribute('data-frames', '17');
  await keepScreenshot(page, 'generate');

  // It plays: the current frame moves on by itself.
  const frames = page.getByTestId('filmstrip-frame');
  const currentFrame = () =>
    frames.evaluateAll((all) =>
      (all as { ariaCurrent?: string | null }[]).findIndex((frame) => frame.ariaCurrent === 'true'),
    );
  const seen = await currentFrame();
  await expect.poll(currentFrame).not.toBe(seen);
  // And the take is there as an MP4 that can be sought in.
  const picture = await frames.first().locator('img').getAttribute('src');
  const video = new URL(picture!.replace(/frame\/\d+$/, 'video'), page.url());
  const answer = await page.request.get(video.href, { headers: { Range: 'bytes=4-7' } });
  expect(answer.status()).toBe(206);
  expect(answer.headers()['content-type']).toBe('video/mp4');
  expect(await answer.text()).toBe('ftyp');
});

for (const theme of ['light', 'dark'] as const) {
  test(`every room is accessible in the ${theme} theme`, async ({ page, engine }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.goto(engine.url);
    for (const room of rooms) {
      await openRoom(page, room);
      await expectAccessible(page);
      await keepScreenshot(page, `${room}-${theme}`);
    }
  });
}

test('the studio speaks Chinese where the browser does', async ({ browser, engine }) => {
  const page = await browser.newPage({ locale: 'zh-CN' });
  await page.goto(engine.url);
  await expect(page.getByTestId('nav-library')).toContainText('素材');
  await expect(page.locator('html')).toHaveAttribute('lang', /^zh/);
  for (const room of rooms) {
    await openRoom(page, room);
    await keepScreenshot(page, `${room}-zh`);
  }
  await page.close();
});
