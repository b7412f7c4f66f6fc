/** Reads the text encoder's files and makes sure that they are whole. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#shared/errors/app-error.ts';
import { resourcesFolder } from '#main/engine/app-paths.ts';
import { sha256 } from './write-folder.ts';

const entry = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const manifestFile = z.object({ files: z.object({ 'model.onnx': entry, 'vocabulary.txt': entry }) });
type FileName = keyof z.output<typeof manifestFile>['files'];

/** Bytes of the ONNX model, and the pieces of the vocabulary in the order of their tokens. Throws AppError `text-encoder-damaged`. */
export async function readTextEncoderFiles(
  folder: string = join(resourcesFolder, 'text-encoder'),
): Promise<{ modelBytes: Uint8Array; vocabulary: string[] }> {
  try {
    const { files } = manifestFile.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
    const readWhole = async (name: FileName): Promise<Buffer> => {
      const bytes = await readFile(join(folder, name));
      const found = sha256(bytes);
      const expected = files[name].sha256;
      if (found !== expected) throw new Error(`${name} has the SHA-256 ${found}, not ${expected}`);
      return bytes;
    };
    const vocabulary = (await readWhole('vocabulary.txt')).toString('utf8').trimEnd().split('\n');
    return { modelBytes: await readWhole('model.onnx'), vocabulary };
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new AppError('text-encoder-damaged', { folder, detail });
  }
}
