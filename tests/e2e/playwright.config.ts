/** Journeys through the studio: in Chromium against a real engine process, and in a real Electron window. */
import { defineConfig } from '@playwright/test';
import { findChromium } from './support/chromium.ts';

const chromium = await findChromium();

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../../test-results',
  // A journey trains a model: two cores carry one at a time.
  workers: 1,
  timeout: 420_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  reporter: 'list',
  use: {
    locale: 'en-US',
    viewport: { width: 1280, height: 820 },
    launchOptions: chromium,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
});
