/** Bundles: the main process with engine and workers, the sandboxed preload, and the studio's pages. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import { readdirSync } from 'node:fs';

const workers = readdirSync('src/main/workers').filter((name) => name.endsWith('.ts'));

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      rolldownOptions: {
        // Entry names are file paths below out/main: the engine finds a worker as `workers/<name>.js` beside itself.
        input: {
          shell: 'src/main/shell/main.ts',
          engine: 'src/main/engine/main.ts',
          cli: 'src/main/cli/main.ts',
          ...Object.fromEntries(
            workers.map((name) => [`workers/${name.slice(0, -3)}`, `src/main/workers/${name}`]),
          ),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload can require nothing but electron: everything else is bundled, as CommonJS.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'src/preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    // Svelte reads TypeScript by itself: there is nothing to configure.
    plugins: [svelte({ configFile: false })],
    build: {
      outDir: 'out/renderer',
      minify: true,
      // The page comes from this machine: one file is as quick as many.
      chunkSizeWarningLimit: 1500,
      rolldownOptions: { input: 'src/renderer/index.html' },
    },
  },
});
