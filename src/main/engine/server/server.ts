/** The loopback server: the contract over a WebSocket, media and uploads over HTTP, and the studio for a browser. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Transport } from '#shared/rpc/transport.ts';
import { webSocketTransport } from '#shared/rpc/web-socket-transport.ts';
import type { EngineContext } from '../context.ts';
import { logProblem } from '../log.ts';
import { judge, isOurHost, sameToken } from './guard.ts';
import { findMedia } from './media-routes.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { sendFile } from './send-file.ts';
import { sendStatus } from './send-status.ts';
import { findStaticFile } from './static-files.ts';
import { receiveUpload } from './upload.ts';

/** Only this machine; another one comes through a tunnel. */
const HOST = '127.0.0.1';
const LARGEST_MESSAGE = 32 * 1024 * 1024;

export interface ServerOptions {
  context: EngineContext;
  /** Serves the contract to one client. */
  connect(transport: Transport): void;
  /** 0 takes any free port. */
  port: number;
  rendererFolder: string;
}

export interface LoopbackServer {
  /** Without the token, e.g. `http://127.0.0.1:4711`. */
  url: string;
  token: string;
  close: () => Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<LoopbackServer> {
  const token = randomBytes(32).toString('base64url');
  let cookieName = '';
  const server = createServer((request, response) => {
    setSecurityHeaders(response);
    answer(request, response).catch((error: unknown) => {
      logProblem(`Could not answer ${request.method} ${splitTarget(request).path}`, error);
      if (response.headersSent) response.destroy();
      else sendStatus(response, 500);
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = splitTarget(request);
    const segments = decodePath(path);
    if (!segments) return sendStatus(response, 400);
    const givenToken = query.get('token');
    if (request.method === 'GET' && segments.length === 0 && givenToken !== null) {
      return signIn(request, response, givenToken);
    }
    const verdict = judge(request, token, cookieName);
    if (verdict !== 'ok') return sendStatus(response, verdict === 'no-token' ? 401 : 403);

    const [area, ...rest] = segments;
    if (area === 'upload') {
      if (request.method !== 'PUT') return sendStatus(response, 405);
      return receiveUpload(request, response, options.context.workspace.uploads, rest);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendStatus(response, 405);
    const file =
      area === 'media'
        ? await findMedia(options.context, rest)
        : findStaticFile(options.rendererFolder, segments);
    return file ? sendFile(request, response, file) : sendStatus(response, 404);
  }

  /** The one address that carries the token; it trades it for a cookie that scripts cannot read. */
  function signIn(request: IncomingMessage, response: ServerResponse, given: string): void {
    if (!isOurHost(request.headers.host)) return sendStatus(response, 403);
    if (!sameToken(given, token)) return sendStatus(response, 401);
    response.writeHead(303, {
      Location: '/',
      'Set-Cookie': `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict`,
      'Cache-Control': 'no-store',
    });
    response.end();
  }

  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  server.on('upgrade', (request, socket, head) => {
    const { path } = splitTarget(request);
    const verdict = path === '/rpc' ? judge(request, token, cookieName) : 'wrong-host';
    if (verdict !== 'ok') {
      const status = verdict === 'no-token' ? '401 Unauthorized' : '403 Forbidden';
      // From here on the socket is ours alone: nobody else hears its errors, or closes it when the stranger does not.
      socket.on('error', () => socket.destroy());
      socket.once('finish', () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      options.connect(webSocketTransport(webSocket));
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  cookieName = `reelwright-${port}`;

  return {
    url: `http://${HOST}:${port}`,
    token,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Not by `URL`, which throws at some targets and tidies up others before they can be judged. */
function splitTarget({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const [path = '/', query = ''] = url.split('?', 2);
  return { path, query: new URLSearchParams(query) };
}

/** Splits first and decodes then, so that an encoded slash stays inside its name (and is refused there). */
function decodePath(path: string): string[] | null {
  try {
    const segments = path.split('/').slice(1).map(decodeURIComponent);
    return segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  } catch {
    return null;
  }
}
