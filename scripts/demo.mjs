/** `npm run demo`: installs what is missing, then goes the whole way on the pinned Node. */
import { install, main, runTool } from './setup.mjs';

await main(async () => {
  await install();
  return runTool('scripts/demo.ts', process.argv.slice(2));
});
