#!/usr/bin/env node
/** Starts the command line on the pinned Node, whatever Node was asked; installs first in a fresh clone. */
import { fileURLToPath } from 'node:url';
import { install, main, pinnedNode, run } from '../scripts/setup.mjs';

await main(async () => {
  await install();
  const cli = fileURLToPath(new URL('../src/main/cli/main.ts', import.meta.url));
  return run(pinnedNode, [cli, ...process.argv.slice(2)], { cwd: process.cwd() });
});
