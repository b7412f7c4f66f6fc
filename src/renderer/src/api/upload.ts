/** Sends files of a browser to the engine, a few at a time, into a batch that is then imported as a folder. */
import { wireError } from '#shared/contract/common.ts';
import { AppError, fromWireError } from '#shared/errors/app-error.ts';

export interface UploadFile {
  /** Path inside the batch, with `/` between folders. */
  path: string;
  file: File;
}

const atOnce = 3;

/** `progress` gets all bytes sent so far. Rejects with `cancelled` when `signal` aborts. */
export async function uploadFiles(
  batch: string,
  files: readonly UploadFile[],
  progress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const sent = new Array<number>(files.length).fill(0);
  let next = 0;
  const sendNext = async (): Promise<void> => {
    while (next < files.length) {
      const index = next++;
      await uploadFile(batch, files[index]!, signal, (bytes) => {
        sent[index] = bytes;
        progress(sent.reduce((sum, value) => sum + value, 0));
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, files.length) }, sendNext));
}

/** By XMLHttpRequest, because fetch does not say how much it has sent. */
function uploadFile(
  batch: string,
  { path, file }: UploadFile,
  signal: AbortSignal,
  progress: (bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new AppError('cancelled'));
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(refusal(path, request));
    };
    request.onerror = () => reject(new AppError('disconnected'));
    request.onabort = () => reject(new AppError('cancelled'));
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.open('PUT', `/upload/${batch}/${path.split('/').map(encodeURIComponent).join('/')}`);
    request.send(file);
  });
}

/** The engine answers with an error of the catalogue where it knows one, such as a full disk. */
function refusal(path: string, { status, responseText }: XMLHttpRequest): AppError {
  try {
    return fromWireError(wireError.parse(JSON.parse(responseText)));
  } catch {
    return new AppError('internal', { detail: `PUT ${path}: ${status}` });
  }
}
