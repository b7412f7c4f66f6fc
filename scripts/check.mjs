/** `npm run check`: everything that can be said about the code without running it; each check is one line of the end. */
import { install, main, run, say } from './setup.mjs';

const checks = ['format:check', 'types', 'types:web', 'lint', 'layers', 'unused'];

await main(async () => {
  await install();
  const failed = [];
  for (const check of checks) {
    say(`${check} …`);
    const npm = process.env.npm_execpath;
    const code = npm
      ? await run(process.execPath, [npm, 'run', '--silent', check])
      : await run('npm', ['run', '--silent', check], { shell: process.platform === 'win32' });
    if (code === 130) return 130;
    if (code !== 0) failed.push(check);
  }
  for (const check of failed) console.log(`✗ ${check}`);
  console.log(`\n${checks.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
});
