/** docs/dependencies.md names every package of package.json, each in one row, and no other. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

test('the list of dependencies is in step with package.json', () => {
  const manifest = JSON.parse(read('package.json'));
  const installed = Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  });
  const documented = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
  expect(documented.toSorted()).toEqual(installed.toSorted());
});
