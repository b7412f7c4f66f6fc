/** The layer rules bite: each wrong import in a small tree of its own is found, and the right ones pass. */
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const config = createRequire(import.meta.url)('../../../.dependency-cruiser.cjs');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reelwright-layers-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Which rules the tree breaks, as `rule: from`. */
async function violations(files: Record<string, string>): Promise<string[]> {
  const tree = {
    'package.json': JSON.stringify({
      type: 'module',
      imports: { '#shared/*': './src/shared/*', '#main/*': './src/main/*' },
    }),
    'tsconfig.json': '{}',
    ...files,
  };
  for (const [name, text] of Object.entries(tree)) {
    await mkdir(join(root, dirname(name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  const { forbidden, options } = config;
  const result = await cruise(
    ['src'],
    { ...options, tsConfig: undefined, ruleSet: { forbidden }, validate: true, baseDir: root },
    options.enhancedResolveOptions,
  );
  return (result.output as ICruiseResult).summary.violations
    .filter((violation) => violation.rule.name !== 'resolvable')
    .map((violation) => `${violation.rule.name}: ${violation.from}`)
    .toSorted();
}

test('right imports pass', async () => {
  const found = await violations({
    'src/shared/a.ts': `export const a = 1;`,
    'src/main/ml/b.ts': `import { a } from '#shared/a.ts'; export const b = a;`,
    'src/main/engine/media/m.ts': `import 'node:fs'; export const m = 1;`,
    'src/main/engine/app-paths.ts': `export const p = 1;`,
    'src/main/engine/db/d.ts': `import 'better-sqlite3'; import { b } from '#main/ml/b.ts'; export const d = b;`,
    'src/main/workers/w.ts': `import 'onnxruntime-node'; import { m } from '#main/engine/media/m.ts'; export const w = m;`,
    'src/main/workers/v.ts': `import { p } from '#main/engine/app-paths.ts'; export const v = p;`,
    'src/main/shell/s.ts': `import 'electron'; import { d } from '#main/engine/db/d.ts'; export const s = d;`,
    'src/renderer/src/App.svelte': `<script lang="ts">import { a } from '#shared/a.ts'; const n: number = a;</script>{n}`,
  });
  expect(found).toEqual([]);
});

test.each([
  ['shared-imports', 'src/shared/x.ts', `import '#main/ml/y.ts';`, 'src/main/ml/y.ts'],
  ['shared-plain', 'src/shared/x.ts', `import 'node:fs';`, 'src/shared/y.ts'],
  ['main-ml-imports', 'src/main/ml/x.ts', `import '#main/engine/y.ts';`, 'src/main/engine/y.ts'],
  ['main-ml-plain', 'src/main/ml/x.ts', `import 'node:os';`, 'src/main/ml/y.ts'],
  ['main-engine-imports', 'src/main/engine/x.ts', `import '#main/workers/y.ts';`, 'src/main/workers/y.ts'],
  [
    'main-workers-imports',
    'src/main/workers/x.ts',
    `import '#main/engine/db/y.ts';`,
    'src/main/engine/db/y.ts',
  ],
  ['main-workers-imports', 'src/main/workers/x.ts', `import '#main/cli/y.ts';`, 'src/main/cli/y.ts'],
  ['preload-imports', 'src/preload/x.ts', `import '#main/shell/y.ts';`, 'src/main/shell/y.ts'],
  ['renderer-imports', 'src/renderer/x.ts', `import '#main/engine/y.ts';`, 'src/main/engine/y.ts'],
  [
    'renderer-imports',
    'src/renderer/x.ts',
    `import type { Y } from '#main/engine/y.ts'; export let y: Y;`,
    'src/main/engine/y.ts',
  ],
  [
    'renderer-imports',
    'src/renderer/X.svelte',
    `<script lang="ts">import { y } from '#main/engine/y.ts'; const n: number = y;</script>{n}`,
    'src/main/engine/y.ts',
  ],
  ['renderer-without-node', 'src/renderer/x.ts', `import 'node:path';`, 'src/renderer/y.ts'],
  ['electron-only', 'src/main/engine/x.ts', `import 'electron';`, 'src/main/engine/y.ts'],
  ['better-sqlite3-only', 'src/main/engine/x.ts', `import 'better-sqlite3';`, 'src/main/engine/y.ts'],
  ['onnxruntime-node-only', 'src/main/engine/x.ts', `import 'onnxruntime-node';`, 'src/main/engine/y.ts'],
])('%s is enforced on %s', async (rule, path, source, other) => {
  const found = await violations({ [path]: source, [other]: 'export const y = 1; export type Y = 1;' });
  expect(found).toEqual([`${rule}: ${path}`]);
});

test('a cycle is found', async () => {
  const found = await violations({
    'src/shared/a.ts': `import { b } from './b.ts'; export const a = () => b;`,
    'src/shared/b.ts': `import { a } from './a.ts'; export const b = () => a;`,
  });
  expect(found).toContain('no-cycles: src/shared/a.ts');
});
