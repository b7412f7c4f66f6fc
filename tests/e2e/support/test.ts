/** Playwright's test with what all journeys share: an engine, kept screenshots, and the accessibility check. */
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder, startEngine, type EngineProcess } from './engine.ts';

export const test = base.extend<object, { engine: EngineProcess }>({
  engine: [
    // Playwright reads the names of a fixture's needs from this pattern.
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      // Without the model that ships: journeys train one of their own, and find the same whatever ships.
      await using engine = await startEngine({ baseModel: join(projectFolder, 'no-base-model') });
      await use(engine);
    },
    { scope: 'worker' },
  ],
});
export { expect };

const screenshots = join(projectFolder, 'test-results/screenshots');

/** Keeps a picture of the page for people to look at: `test-results/screenshots/<name>.png`. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

/** Fails on what keeps people out: findings of axe that are serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
}
