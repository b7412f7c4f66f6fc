/** Takes files that a browser sends into the uploads folder, each whole or not at all. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { id } from '#shared/contract/common.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import { newId } from '../ids.ts';
import { sendError, sendStatus } from './send-status.ts';

/** `segments`: the batch, then the decoded parts of the file's path in it. */
export async function receiveUpload(
  request: IncomingMessage,
  response: ServerResponse,
  uploadsFolder: string,
  segments: string[],
): Promise<void> {
  const [batch, ...path] = segments;
  if (!id.safeParse(batch).success || path.length === 0 || !path.every(isPlainName)) {
    return sendStatus(response, 400);
  }
  const target = join(uploadsFolder, batch!, ...path);
  // Beside the batches, so that an import of the batch never sees half a file.
  const temporary = join(uploadsFolder, `.${newId()}.part`);
  try {
    await pipeline(request, createWriteStream(temporary, { flags: 'wx' }));
    await mkdir(dirname(target), { recursive: true });
    await rename(temporary, target);
    response.writeHead(201, { 'Content-Length': 0 }).end();
  } catch (error) {
    await rm(temporary, { force: true });
    const explained = explainDiskFull(error, uploadsFolder);
    if (response.destroyed) return;
    // What is still to come is not read any more.
    response.setHeader('Connection', 'close');
    if (explained instanceof AppError) return sendError(response, 507, explained.toWire());
    throw error;
  }
}

/** A name that stays inside its folder on every platform. */
export function isPlainName(segment: string): boolean {
  return (
    segment !== '' &&
    segment.length <= 255 &&
    !/^\.+$/.test(segment) &&
    // eslint-disable-next-line no-control-regex -- control characters are what this refuses
    !/[/\\:\u0000-\u001f]/.test(segment)
  );
}
