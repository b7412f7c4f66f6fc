/** The scheme `reelwright:`: `app` gives the studio's files, `engine` hands requests for media on to the engine. */
import { net, protocol } from 'electron';
import { pathToFileURL } from 'node:url';
import type { EngineLink } from './engine-link.ts';
import { rendererFile } from './renderer-file.ts';

export const appOrigin = 'reelwright://app';
export const mediaBase = 'reelwright://engine';

/** Scripts only from the app itself; pictures and video also from the engine; nothing from the network. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Positions of menus and tooltips are style attributes.
  "style-src-attr 'unsafe-inline'",
  "font-src 'self'",
  `img-src 'self' data: blob: ${mediaBase}`,
  `media-src blob: ${mediaBase}`,
  `connect-src 'self' ${mediaBase}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Before the app is ready: gives the scheme the rights of a web page, with video that can be sought in. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: 'reelwright',
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, corsEnabled: true },
    },
  ]);
}

/** `rendererFolder` holds the built studio. */
export function serveScheme(rendererFolder: string, engine: EngineLink): void {
  protocol.handle('reelwright', async (request) => {
    const url = new URL(request.url);
    if (url.host === 'app') return serveFile(rendererFolder, url);
    if (url.host === 'engine' && url.pathname.startsWith('/media/')) return serveMedia(request, url, engine);
    return new Response('Not found', { status: 404 });
  });
}

async function serveFile(folder: string, url: URL): Promise<Response> {
  const path = rendererFile(folder, url.pathname);
  if (path === null) return new Response('Not found', { status: 404 });
  try {
    const file = await net.fetch(pathToFileURL(path).href);
    const headers = new Headers(file.headers);
    headers.set('Content-Security-Policy', contentSecurityPolicy);
    headers.set('X-Content-Type-Options', 'nosniff');
    return new Response(file.body, { status: file.status, headers });
  } catch {
    return new Response('Not found', { status: 404 });
  }
}

async function serveMedia(request: Request, url: URL, engine: EngineLink): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return new Response(null, { status: 405 });
  try {
    const { base, token } = await engine.media();
    const headers = new Headers({ Authorization: `Bearer ${token}` });
    const range = request.headers.get('Range');
    if (range) headers.set('Range', range);
    const target = new URL(url.pathname + url.search, base);
    const answer = await fetch(target, { method: request.method, headers, signal: request.signal });
    const answerHeaders = new Headers(answer.headers);
    answerHeaders.set('Access-Control-Allow-Origin', appOrigin);
    return new Response(answer.body, { status: answer.status, headers: answerHeaders });
  } catch {
    return new Response('The engine cannot be reached', { status: 502 });
  }
}
