/** Test runner: one project a level of the pyramid. `npm test` runs them all, then the journeys in Playwright. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two cores are the reference machine: more files at once only make the real processes of some tests wait.
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], typecheck: { enabled: false } } },
      { test: { name: 'db', include: ['tests/db/**/*.test.ts'] } },
      {
        test: {
          name: 'runtime',
          include: ['tests/runtime/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: { name: 'ui', include: ['tests/ui/**/*.test.ts'], environment: 'jsdom' },
      },
    ],
  },
});
