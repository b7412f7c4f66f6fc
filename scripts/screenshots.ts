/** `npm run screenshots -- [workspace]`: the pictures of the README, taken in Chromium of the built studio on a copy of a workspace. */
import { chromium, type Browser, type Page } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { findChromium } from '../tests/e2e/support/chromium.ts';
import { projectFolder, startEngine } from '../tests/e2e/support/engine.ts';

type Room = 'library' | 'dataset' | 'training' | 'generate';
interface Look {
  /** Ends the names of its pictures. */
  name: string;
  locale: string;
  theme: 'light' | 'dark';
  rooms: readonly Room[];
}

const looks: readonly Look[] = [
  {
    name: 'light',
    locale: 'en-US',
    theme: 'light',
    rooms: ['library', 'dataset', 'training', 'generate'],
  },
  { name: 'dark', locale: 'en-US', theme: 'dark', rooms: ['library', 'dataset', 'training', 'generate'] },
  { name: 'zh', locale: 'zh-CN', theme: 'light', rooms: ['library', 'generate'] },
];

const outputFolder = join(projectFolder, 'docs/images');
const [workspace = join(projectFolder, '.cache/demo/workspace')] = process.argv.slice(2);

/** What a room must show before its picture is worth taking; Playwright fails when it never does. */
const prepare: Record<Room, (page: Page) => Promise<void>> = {
  library: async (page) => {
    await page.getByTestId('clip-card').nth(6).click();
    await page.getByTestId('caption-editor').waitFor();
    // Where the folder lies on this machine is nobody's business: only its last part is shown.
    await page
      .locator('dd')
      .last()
      .evaluate((path: { textContent: string | null }) => {
        path.textContent = path.textContent!.replace(/^.*[\\/](?=[^\\/]+[\\/][^\\/]+$)/, '~/');
      });
  },
  dataset: async (page) => {
    await page.getByTestId('snapshot-row').first().waitFor();
    await page.getByTestId('split-part-test').waitFor();
  },
  training: async (page) => {
    await page.locator('[data-testid="run-status"][data-status="done"]').waitFor();
    await page.getByTestId('val-loss').waitFor();
  },
  generate: async (page) => {
    await page.locator('[data-testid="player"][data-status="done"]').waitFor();
    await page.getByTestId('filmstrip-frame').nth(13).click();
  },
};

async function takePictures(browser: Browser, url: string, look: Look): Promise<void> {
  const page = await browser.newPage({
    locale: look.locale,
    colorScheme: look.theme,
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 800 },
  });
  await page.goto(url);
  for (const room of look.rooms) {
    await page.getByTestId(`nav-${room}`).click();
    await prepare[room](page);
    await page.mouse.move(0, 0);
    await picturesReady(page);
    const path = join(outputFolder, `${room}-${look.name}.png`);
    // A palette takes a third of the bytes, and nobody sees the difference.
    const { size } = await sharp(await page.screenshot())
      .png({ palette: true, effort: 10 })
      .toFile(path);
    console.log(`${path}  ${Math.round(size / 1000)} kB`);
  }
  await page.close();
}

/** Every picture in sight has arrived and can be painted, and so can the fonts. */
async function picturesReady(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.evaluate(`Promise.all([
    document.fonts.ready,
    ...[...document.images]
      .filter((image) => image.getBoundingClientRect().top < innerHeight)
      .map((image) => image.decode()),
  ]).then(() => undefined)`);
}

await mkdir(outputFolder, { recursive: true });
await using engine = await startEngine({ original: workspace });
const browser = await chromium.launch(await findChromium());
try {
  for (const look of looks) await takePictures(browser, engine.url, look);
} finally {
  await browser.close();
}
