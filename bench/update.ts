/**
 * Speed of the weight update against a bare copy of as many bytes, and against PyTorch, turn by turn:
 * node bench/update.ts [--width 256] [--depth 6] [--python <python with torch>]
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import { planUpdates } from '#main/ml/optim/plan.ts';
import { HostParameters } from '#main/workers/runtime/host-parameters.ts';
import { initialState } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig, optimizerKinds, type OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { Random } from '#shared/domain/random.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';

const ROUNDS = 12;
const THREADS = 2;
const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '256' },
    depth: { type: 'string', default: '6' },
    python: { type: 'string' },
  },
});
const { gpt, tokenizer, window } = trainingConfig.parse({});
const size = { width: Number(values.width), heads: Number(values.width) / 64, depth: Number(values.depth) };
const parameters = gptParameters(
  gptShape({ ...gpt.model, ...size }, tokenizer.model, window, gpt.model.textVocabulary),
);

/** Bytes that must cross to and from memory: every tensor read once, all but the gradient written once, and the norm's reading. */
function bytesOf(optimizer: OptimizerConfig): number {
  return planUpdates(parameters, optimizer).reduce((sum, { spec, rule }) => {
    const elements = spec.shape.reduce((product, axis) => product * axis, 1);
    return sum + 4 * elements * (2 + 2 * (1 + rule.slots.length));
  }, 0);
}

async function openUpdate(optimizer: OptimizerConfig) {
  const compute = { device: 'cpu', threads: THREADS } as const;
  const store = await HostParameters.create(
    { compute, parameters, optimizer },
    initialState(parameters, optimizer, 1),
  );
  const random = Random.seeded(1);
  const gradients = new Map(
    parameters.specs.map(({ name }) => {
      const target = store.gradientTarget(name);
      (target.data as Float32Array).forEach((_, i, all) => (all[i] = random.uniform() - 0.5));
      return [name, target];
    }),
  );
  let step = 0;
  return {
    async update(): Promise<number> {
      await store.addGradients(gradients);
      const start = performance.now();
      await store.update({ step: ++step, learningRate: 1e-4, microBatches: 1 });
      return performance.now() - start;
    },
    dispose: () => store.dispose(),
  };
}

/** Milliseconds to copy so many bytes, half of them read and half written, at their best. */
function copier(bytes: number) {
  const [from, to] = [new Float32Array(bytes / 8).fill(1), new Float32Array(bytes / 8).fill(2)];
  return () => {
    const start = performance.now();
    to.set(from);
    return performance.now() - start;
  };
}

console.log(
  `${(parameters.size / 1e6).toFixed(1)}M parameters, best of ${ROUNDS}; ours on one thread, Muon's products on ${THREADS}`,
);
for (const kind of optimizerKinds) {
  for (const ema of kind === 'adamw' ? [0, 0.999] : [0]) {
    const optimizer = optimizerConfig.parse({ kind, ema });
    const bytes = bytesOf(optimizer);
    const ours = await openUpdate(optimizer);
    const copy = copier(bytes);
    let [updateMs, copyMs] = [Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round++) {
      copyMs = Math.min(copyMs, copy(), copy());
      updateMs = Math.min(updateMs, await ours.update());
    }
    await ours.dispose();
    console.log(
      `${`${kind}${ema > 0 ? ' with average' : ''}`.padEnd(18)} ${updateMs.toFixed(1).padStart(6)} ms; ` +
        `a copy of the same ${(bytes / 1e6).toFixed(0)} MB ${copyMs.toFixed(1)} ms; ratio ${(updateMs / copyMs).toFixed(2)}`,
    );
  }
}

/** The same shapes, with clipping, as a good user of the library would write it. */
const torchProgram = `
import json, sys, time, torch
torch.set_num_threads(${THREADS})
shapes = json.load(sys.stdin)
for name, options in {"fused": {"fused": True}, "foreach": {"foreach": True}}.items():
    weights = [torch.randn(s).requires_grad_() for s in shapes]
    for w in weights: w.grad = torch.randn_like(w)
    adamw = torch.optim.AdamW(weights, lr=1e-4, weight_decay=0.05, **options)
    best = 1e9
    for _ in range(${ROUNDS} + 3):
        start = time.perf_counter()
        torch.nn.utils.clip_grad_norm_(weights, 1.0, foreach=True)
        adamw.step()
        best = min(best, time.perf_counter() - start)
    print(f"PyTorch {torch.__version__} AdamW {name}, ${THREADS} threads: {best * 1000:.1f} ms")
`;
if (values.python) {
  const shapes = JSON.stringify(parameters.specs.map(({ shape }) => shape));
  const { stdout, stderr, status } = spawnSync(values.python, ['-c', torchProgram], {
    input: shapes,
    encoding: 'utf8',
  });
  console.log(status === 0 ? stdout.trim() : stderr);
}
