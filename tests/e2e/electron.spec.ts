/** The first part of the way in a real Electron window: it opens, is sealed, takes a drop by its path, and shows the clips. */
import type { Page } from '@playwright/test';
import { join } from 'node:path';
import { electronObstacle, openElectron } from './support/electron.ts';
import { clipsFolder } from './support/engine.ts';
import { expect, keepScreenshot, test } from './support/test.ts';

const obstacle = electronObstacle();
test.skip(obstacle !== null, obstacle ?? '');

/** Drops files of the disk on the page, as the system's file manager does. */
async function dropFiles(page: Page, files: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 500, y: 400, data });
  }
}

test('the window opens on the library, and dropped files are imported from where they lie', async ({
  engine,
}) => {
  await using electron = await openElectron(engine.url);
  const { page } = electron;
  expect(page.url()).toBe('reelwright://app/');
  await expect(page.getByTestId('room-library')).toBeVisible();

  // Nothing of Node or Electron is in the page's reach, only the bridge.
  const reach = await page.evaluate(() => ({
    node: 'process' in globalThis || 'require' in globalThis,
    bridge: Object.keys((globalThis as unknown as { reelwright: object }).reelwright).toSorted(),
  }));
  expect(reach).toEqual({
    node: false,
    bridge: ['connect', 'mediaBase', 'pathForFile', 'pickPaths', 'pickSavePath', 'platform'],
  });

  await dropFiles(page, [join(clipsFolder, 'penguin.webp'), join(clipsFolder, 'turtle.webp')]);
  const cards = page.getByTestId('clip-card');
  await expect(cards).toHaveCount(2, { timeout: 90_000 });
  await page.getByTestId('library-search').fill('turtle');
  await expect(cards).toHaveCount(1);
  // Its picture came through the shell's protocol.
  const width = () =>
    cards
      .locator('img')
      .first()
      .evaluate((image) => (image as { naturalWidth?: number }).naturalWidth);
  await expect.poll(width).toBeGreaterThan(0);
  await keepScreenshot(page, 'electron-library');
});

test('the page can neither leave nor open windows nor run foreign scripts', async ({ engine }) => {
  await using electron = await openElectron(engine.url);
  const { page } = electron;
  await expect(page.getByTestId('room-library')).toBeVisible();
  const outcome = await page.evaluate(async () => {
    const page = globalThis as unknown as {
      open(url: string): unknown;
      location: { href: string };
      document: {
        createElement(name: 'script'): { textContent: string };
        body: { append(element: unknown): void };
      };
      injected?: true;
    };
    const opened = page.open('file:///etc/hostname');
    page.location.href = 'file:///etc/hostname';
    const script = page.document.createElement('script');
    script.textContent = 'globalThis.injected = true';
    page.document.body.append(script);
    const fetched = await fetch('https://example.com').then(
      () => true,
      () => false,
    );
    return { opened: opened !== null, injected: page.injected === true, fetched };
  });
  expect(outcome).toEqual({ opened: false, injected: false, fetched: false });
  expect(page.url()).toBe('reelwright://app/');
});
