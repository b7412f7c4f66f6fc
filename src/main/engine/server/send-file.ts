/** Sends a file over HTTP: ranges, validation by ETag, caching. */
import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { parseRange } from './byte-range.ts';
import { contentTypeOf, sniffPicture } from './content-types.ts';
import { sendStatus } from './send-status.ts';

export interface FileToSend {
  path: string;
  /** `forever`: what is at this address never changes. `check`: the browser asks each time whether it did. */
  cache: 'forever' | 'check';
  /** For files without an extension; else the type comes of the name. */
  sniff?: boolean;
}

/** Answers 404 when the file is not there. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: FileToSend,
): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(file.path, 'r');
  } catch {
    return sendStatus(response, 404);
  }
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return sendStatus(response, 404);
    const etag = `"${facts.size.toString(36)}-${Math.round(facts.mtimeMs).toString(36)}"`;
    response.setHeader('ETag', etag);
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader(
      'Cache-Control',
      file.cache === 'forever' ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    );
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();

    response.setHeader('Content-Type', file.sniff ? await sniffFile(handle) : contentTypeOf(file.path));
    // A range of what the file was before is of no use: If-Range asks for the whole then.
    const condition = request.headers['if-range'];
    const wanted = condition === undefined || condition === etag ? request.headers.range : undefined;
    const range = parseRange(wanted, facts.size);
    if (range === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${facts.size}`);
      return sendStatus(response, 416);
    }
    const { start, end } = range ?? { start: 0, end: facts.size - 1 };
    if (range) response.setHeader('Content-Range', `bytes ${start}-${end}/${facts.size}`);
    response.setHeader('Content-Length', end - start + 1);
    response.writeHead(range ? 206 : 200);
    if (request.method === 'HEAD' || facts.size === 0) return void response.end();
    // A browser that seeks hangs up in the middle; that is no error of ours.
    await pipeline(handle.createReadStream({ start, end, autoClose: false }), response).catch(() => {});
  } finally {
    await handle.close();
  }
}

async function sniffFile(handle: FileHandle): Promise<string> {
  const head = new Uint8Array(12);
  await handle.read(head, 0, head.length, 0);
  return sniffPicture(head);
}
