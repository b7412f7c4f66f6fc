/**
 * Evaluates a run, or a model package, on a part of the data, by the evaluation worker of the product. From the command line:
 * node scripts/base-model/evaluate.ts --run FOLDER [--split test] [--snapshot FILE] [--clips N] [--quick] [--takes 2]
 *   [--prompts FILE] [--grid FOLDER] [--preset balanced] [--json FILE] [--data FOLDER] [--threads 2]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { evalTable } from '#main/cli/eval-table.ts';
import { readPrompts } from '#main/cli/prompts-file.ts';
import { splitName } from '#shared/contract/common.ts';
import { evalOptions } from '#shared/contract/evaluation.ts';
import { evaluateModel } from './evaluation.ts';

const { values } = parseArgs({
  options: {
    run: { type: 'string' },
    split: { type: 'string', default: 'test' },
    data: { type: 'string', default: '.cache/base-model/data' },
    snapshot: { type: 'string', default: 'snapshot.json' },
    clips: { type: 'string' },
    quick: { type: 'boolean', default: false },
    sample: { type: 'string', default: '8' },
    takes: { type: 'string', default: '2' },
    prompts: { type: 'string' },
    grid: { type: 'string' },
    preset: { type: 'string', default: 'balanced' },
    json: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});
if (values.run === undefined) throw new Error('--run says which run or package');

const scratch = await mkdtemp(join(tmpdir(), 'evaluation-'));
try {
  const options = evalOptions.parse({
    clips: values.clips === undefined ? null : Number(values.clips),
    quick: values.quick,
    sample: Number(values.sample),
    takes: Number(values.takes),
    prompts: values.prompts === undefined ? [] : await readPrompts(values.prompts),
    preset: values.preset,
    gridFolder: values.grid === undefined ? null : resolve(values.grid),
  });
  const report = await evaluateModel(
    {
      ...options,
      threads: Number(values.threads),
      runFolder: resolve(values.run),
      snapshotPath: resolve(values.data, values.snapshot),
      cacheFolder: resolve(values.data, 'cache'),
      split: splitName.parse(values.split),
    },
    scratch,
  );
  console.log(evalTable(report));
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(report, null, 2));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
