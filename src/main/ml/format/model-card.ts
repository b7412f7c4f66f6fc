/** The card of a model package: what people should know before they use it, as Markdown, from what is known of it. */
import { z } from 'zod';
import type { ModelPrecision } from '#shared/contract/models.ts';
import type { ModelPackageManifest } from './model-package.ts';

const text = z.string().trim().min(1).max(10_000);

/** What only people know of a model. */
export const modelCardNotes = z.strictObject({
  /** What it is and what it is for, in a few sentences. */
  summary: text.optional(),
  /** What it was trained on, and under which terms. */
  data: text.optional(),
  /** Machine, hours, energy. */
  trainingCost: text.optional(),
  /** What it cannot do, and what not to use it for. */
  limits: z.array(text).default([]),
});
export type ModelCardNotes = z.output<typeof modelCardNotes>;

/** What a precision costs, measured on held-out clips. */
export interface PrecisionLoss {
  precision: ModelPrecision;
  /** Of the whole package. */
  bytes: number;
  /** Nats a token. */
  tokenLoss: number;
  /** Of the tokenizer's reconstruction, in decibels. */
  psnr: number;
  ssim: number;
}

export interface ModelCardFacts {
  notes?: ModelCardNotes | undefined;
  /** Report of an evaluation as JSON: its numbers become lines. */
  evaluation?: unknown;
  precisions?: readonly PrecisionLoss[] | undefined;
}

/** The same facts give the same text. */
export function modelCard(manifest: ModelPackageManifest, facts: ModelCardFacts = {}): string {
  const { notes, evaluation, precisions } = facts;
  const sections: (readonly [title: string, body: string])[] = [
    ['Data', notes?.data ?? 'Not stated.'],
    ['Licence', manifest.licence || 'Not stated: ask whoever gave you this model.'],
    ['Size', sizes(manifest)],
    ['Training', training(manifest, notes)],
    ['Measured on held-out clips', measures(manifest, evaluation)],
    ...(precisions?.length ? [['Precision', precisionTable(precisions)] as const] : []),
    ['Limits', notes?.limits.length ? list(notes.limits) : 'Not stated.'],
    ['Files', files(manifest)],
  ];
  const title = `# ${manifest.name} ${manifest.version}`;
  const summary = notes?.summary ?? 'A model that generates short clips from prompts, made with Reelwright.';
  const body = sections.map(([heading, content]) => `## ${heading}\n\n${content}`);
  return `${[title, summary, ...body].join('\n\n')}\n`;
}

function sizes({ config, weights, precision, files: listed }: ModelPackageManifest): string {
  const { window, tokenizer, gpt } = config;
  const bytes = Object.values(listed).reduce((sum, file) => sum + file.bytes, 0);
  return list([
    `Clips of ${window.frames} frames at ${window.size}×${window.size}`,
    `Tokenizer: ${millions(weights.tokenizer)} weights, width ${tokenizer.model.width}, depth ${tokenizer.model.depth} in each half, FSQ levels ${tokenizer.model.levels.join(', ')}`,
    `GPT: ${millions(weights.gpt)} weights, order \`${gpt.model.order}\`, width ${gpt.model.width}, depth ${gpt.model.depth}`,
    `Stored as ${precision}: ${megabytes(bytes)}`,
  ]);
}

function training({ config, created, provenance }: ModelPackageManifest, notes?: ModelCardNotes): string {
  const { snapshot, tokenizer, gpt, computedWith, startedFrom, program } = provenance;
  const facts = [
    ...(notes?.trainingCost ? [notes.trainingCost] : []),
    `Tokenizer: ${progress(tokenizer)}, ${config.tokenizer.batch} clips a step`,
    `GPT: ${progress(gpt)}, ${config.gpt.batch} clips a step`,
    ...(startedFrom === null ? [] : [`Started from ${startedFrom}`]),
    ...(computedWith ? [`Computed by ONNX Runtime ${computedWith.runtime} on ${computedWith.device}`] : []),
    `Snapshot \`${snapshot.id}\`, hash \`${snapshot.hash}\``,
    `Weights of ${created.slice(0, 10)}, written by ${program}`,
  ];
  return list(facts);
}

const progress = ({ step, epoch }: { step: number; epoch: number }) =>
  `${step} steps, ${Number(epoch.toFixed(2))} epochs`;

function measures({ metrics }: ModelPackageManifest, evaluation: unknown): string {
  const rows = [...Object.entries(metrics), ...numbersIn(evaluation)];
  if (rows.length === 0) return 'Nothing was measured.';
  return table(
    ['what', 'value'],
    rows.map(([name, value]) => [name, String(Number(value.toPrecision(5)))]),
  );
}

/** Numbers in a JSON document by their path, but no lists: a card says how good a model is, not how each take came out. */
function numbersIn(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, path ? `${path}/${key}` : key));
}

function precisionTable(precisions: readonly PrecisionLoss[]): string {
  return table(
    ['stored as', 'size', 'token loss', 'PSNR', 'SSIM'],
    precisions.map(({ precision, bytes, tokenLoss, psnr, ssim }) => [
      precision,
      megabytes(bytes),
      tokenLoss.toFixed(4),
      `${psnr.toFixed(2)} dB`,
      ssim.toFixed(4),
    ]),
  );
}

function files({ files: listed }: ModelPackageManifest): string {
  return table(
    ['file', 'bytes', 'SHA-256'],
    Object.entries(listed).map(([name, { bytes, sha256 }]) => [
      `\`${name}\``,
      String(bytes),
      `\`${sha256}\``,
    ]),
  );
}

const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join('\n');

/** Columns as wide as their widest cell, as a formatter would leave them. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const millions = (weights: number) => `${(weights / 1e6).toFixed(2)} million`;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
