/**
 * Draws the curves of a run as a picture for the docs: what it lost on clips that it trains on and on held-out ones. From the
 * command line: node scripts/base-model/draw-curves.ts --curves FILE [--curves FILE …] --out docs/images/base-model-curves.svg
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { metricPoint, type MetricPoint } from '#shared/contract/training.ts';

const PANEL = { width: 380, height: 240 };
const MARGIN = { left: 52, right: 12, top: 34, bottom: 34 };
/** Training loss is the mean of so many points at a time: single batches only make noise. */
const POINTS = 120;

interface Series {
  name: string;
  colour: string;
  points: [x: number, y: number][];
}

const panels = [
  { title: 'Tokenizer: PSNR of held-out clips, dB', curves: [['psnr/val', 'tokenizer', '#2563eb']] },
  {
    title: 'GPT: nats a token',
    curves: [
      ['loss/train', 'gpt', '#94a3b8'],
      ['loss/val', 'gpt', '#2563eb'],
    ],
  },
] as const;

const { values } = parseArgs({
  options: { curves: { type: 'string', multiple: true, default: [] }, out: { type: 'string' } },
});
if (values.curves.length === 0 || values.out === undefined) throw new Error('--curves and --out are wanted');

const points: MetricPoint[] = [];
for (const path of values.curves) {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  points.push(...lines.map((line) => metricPoint.parse(JSON.parse(line))));
}

const drawn = panels.map(({ title, curves }, i) => {
  const series = curves.map(([name, stage, colour]): Series => {
    const own = points.filter((point) => point.name === name && point.stage === stage);
    // A run that was stopped has told some steps twice.
    const byStep = [...new Map(own.map((point) => [point.step, point])).values()];
    const inOrder = byStep.toSorted((a, b) => a.step - b.step);
    return { name, colour, points: thinned(inOrder.map(({ epoch, value }) => [epoch, value])) };
  });
  return panel(title, series, i * (PANEL.width + 20));
});
const width = panels.length * (PANEL.width + 20) - 20;
await writeFile(
  values.out,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${PANEL.height}" viewBox="0 0 ${width} ${PANEL.height}" font-family="system-ui, sans-serif" font-size="11" fill="#475569"><rect width="100%" height="100%" fill="#fff"/>${drawn.join('')}</svg>\n`,
);

function thinned(all: readonly [number, number][]): [number, number][] {
  const size = Math.max(1, Math.floor(all.length / POINTS));
  const means: [number, number][] = [];
  for (let at = 0; at + size <= all.length; at += size) {
    const part = all.slice(at, at + size);
    const mean = (axis: 0 | 1) => part.reduce((sum, point) => sum + point[axis], 0) / size;
    means.push([mean(0), mean(1)]);
  }
  return means;
}

function panel(title: string, series: readonly Series[], left: number): string {
  const all = series.flatMap((one) => one.points);
  if (all.length === 0) return '';
  const xs = all.map(([x]) => x);
  const ys = all.map(([, y]) => y);
  const [x0, x1] = [0, Math.max(...xs)];
  const [y0, y1] = [Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys))];
  const inner = {
    width: PANEL.width - MARGIN.left - MARGIN.right,
    height: PANEL.height - MARGIN.top - MARGIN.bottom,
  };
  const px = (x: number) => MARGIN.left + ((x - x0) / (x1 - x0 || 1)) * inner.width;
  const py = (y: number) => MARGIN.top + (1 - (y - y0) / (y1 - y0 || 1)) * inner.height;
  const ticks = Array.from({ length: 5 }, (_, i) => y0 + ((y1 - y0) * i) / 4);
  const grid = ticks.map(
    (y) =>
      `<line x1="${MARGIN.left}" x2="${PANEL.width - MARGIN.right}" y1="${py(y)}" y2="${py(y)}" stroke="#e2e8f0"/>` +
      `<text x="${MARGIN.left - 8}" y="${py(y) + 4}" text-anchor="end">${Number(y.toFixed(1))}</text>`,
  );
  const lines = series.map(
    ({ points: own, colour }) =>
      `<polyline fill="none" stroke="${colour}" stroke-width="1.6" points="${own
        .map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`)
        .join(' ')}"/>`,
  );
  const names = series.map(
    ({ name, colour }, i) =>
      `<text x="${PANEL.width - MARGIN.right}" y="${PANEL.height - MARGIN.bottom - 10 - 15 * i}" text-anchor="end" fill="${colour}">${name}</text>`,
  );
  return (
    `<g transform="translate(${left} 0)"><text x="${MARGIN.left}" y="18" font-size="13" fill="#0f172a">${title}</text>` +
    `${grid.join('')}${lines.join('')}${names.join('')}` +
    `<text x="${MARGIN.left}" y="${PANEL.height - 10}">0</text>` +
    `<text x="${PANEL.width - MARGIN.right}" y="${PANEL.height - 10}" text-anchor="end">${x1.toFixed(1)} epochs</text></g>`
  );
}
