/** The loopback server as browsers and strangers meet it: over real sockets. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { EngineClient } from '#main/engine/engine-client.ts';
import type { Engine } from '#main/engine/engine.ts';
import { newId } from '#main/engine/ids.ts';
import { jobEnds, obedientWorker, testEngine } from '../../fixtures/engine.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

let engine: Engine;
let client: EngineClient;
let workspace: string;
let renderer: string;

beforeEach(async () => {
  renderer = join(temporaryFolder(), 'renderer');
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>Reelwright</title>');
  writeFileSync(join(renderer, 'assets', 'app-1a2b.js'), 'export {}');
  writeFileSync(join(renderer, '..', 'secret.txt'), 'secret');
  ({ engine, client, workspace } = await testEngine({
    rendererFolder: renderer,
    workerEntry: () => obedientWorker,
  }));
});

/** Sends the path as it is: `fetch` would tidy it up, and set Host itself. */
function ask(
  path: string,
  { method = 'GET', headers = {}, body, token = engine.token } = {} as {
    method?: string;
    headers?: OutgoingHttpHeaders;
    body?: string | Buffer;
    token?: string | null;
  },
): Promise<Answer> {
  const { hostname, port } = new URL(engine.url);
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, path, method, headers: { ...authorization, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A take whose frame and video are made of known bytes; the server reads files, whoever wrote them. */
function putTake(): { takeId: string; video: Buffer } {
  const takeId = newId();
  const video = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
  mkdirSync(join(workspace, 'takes', takeId), { recursive: true });
  writeFileSync(join(workspace, 'takes', takeId, 'take.mp4'), video);
  writeFileSync(join(workspace, 'takes', takeId, 'frame-0003.png'), 'frame three');
  return { takeId, video };
}

describe('guard', () => {
  test('without the token nothing opens', async () => {
    for (const path of ['/', '/assets/app-1a2b.js', '/media/take/x/video', '/anything']) {
      expect((await ask(path, { token: null })).status, path).toBe(401);
      expect((await ask(path, { token: 'wrong' })).status, path).toBe(401);
    }
    expect((await ask(`/?token=wrong`, { token: null })).status).toBe(401);
    expect((await ask(`/upload/${newId()}/a.mp4`, { method: 'PUT', token: null, body: 'x' })).status).toBe(
      401,
    );
    expect(readdirSync(join(workspace, 'uploads'))).toEqual([]);
  });

  test('the address with the token gives a cookie that opens the studio', async () => {
    const first = await ask(`/?token=${engine.token}`, { token: null });
    expect(first).toMatchObject({ status: 303, headers: { location: '/' } });
    const [cookie, ...attributes] = first.headers['set-cookie']![0]!.split('; ');
    expect(attributes).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict']);
    const page = await ask('/', { token: null, headers: { cookie } });
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = page.headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
  });

  test('another host or origin is refused, with the right token too', async () => {
    expect((await ask('/', { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask(`/?token=${engine.token}`, { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask('/', { headers: { origin: 'http://evil.example' } })).status).toBe(403);
    expect((await ask('/', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  });

  test('a WebSocket needs token and origin too', async () => {
    const connect = (headers: Record<string, string>, path = '/rpc') =>
      new Promise<number | 'open'>((resolve) => {
        const socket = new WebSocket(`${engine.url.replace('http', 'ws')}${path}`, { headers });
        socket.on('open', () => (socket.terminate(), resolve('open')));
        socket.on('unexpected-response', (_, response) => resolve(response.statusCode!));
        socket.on('error', () => {});
      });
    const authorization = `Bearer ${engine.token}`;
    expect(await connect({ authorization })).toBe('open');
    expect(await connect({ authorization, origin: engine.url })).toBe('open');
    expect(await connect({})).toBe(401);
    expect(await connect({ authorization, origin: 'http://evil.example' })).toBe(403);
    expect(await connect({ authorization, host: 'evil.example' })).toBe(403);
    expect(await connect({ authorization }, '/elsewhere')).toBe(403);
  });
});

test('a stranger who is refused a WebSocket and holds on to the line does not keep the engine from closing', async () => {
  const stranger = connect({
    port: Number(new URL(engine.url).port),
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  stranger.on('error', () => {});
  stranger.write('GET /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const [answer] = (await once(stranger, 'data')) as [Buffer];
  expect(answer.toString()).toContain('401 Unauthorized');
  await engine.close();
  stranger.destroy();
});

describe('files', () => {
  test('the studio: page to be checked, assets for ever, nothing outside', async () => {
    expect((await ask('/')).headers['cache-control']).toBe('private, no-cache');
    expect(await ask('/assets/app-1a2b.js')).toMatchObject({
      status: 200,
      headers: {
        'cache-control': 'private, max-age=31536000, immutable',
        'content-type': 'text/javascript; charset=utf-8',
      },
    });
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..%5c..%5csecret.txt',
      '/assets',
      '/%00',
      '//',
      '//evil.example/',
      '/%',
    ]) {
      const { status, body } = await ask(path);
      expect([400, 404], path).toContain(status);
      expect(body.toString()).not.toContain('secret');
    }
    expect((await ask('/', { method: 'POST' })).status).toBe(405);
  });

  test('ranges of a video', async () => {
    const { takeId, video } = putTake();
    const path = `/media/take/${takeId}/video`;
    const whole = await ask(path);
    expect(whole).toMatchObject({
      status: 200,
      headers: { 'content-type': 'video/mp4', 'accept-ranges': 'bytes' },
    });
    expect(whole.body.equals(video)).toBe(true);

    const middle = await ask(path, { headers: { range: 'bytes=100-199' } });
    expect(middle).toMatchObject({
      status: 206,
      headers: { 'content-range': 'bytes 100-199/1000', 'content-length': '100' },
    });
    expect(middle.body.equals(video.subarray(100, 200))).toBe(true);
    const end = await ask(path, { headers: { range: 'bytes=-10' } });
    expect(end.body.equals(video.subarray(990))).toBe(true);
    expect(await ask(path, { headers: { range: 'bytes=1000-' } })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */1000' },
    });

    const { etag } = whole.headers;
    expect((await ask(path, { headers: { 'if-none-match': etag! } })).status).toBe(304);
    expect((await ask(path, { headers: { range: 'bytes=0-9', 'if-range': '"older"' } })).status).toBe(200);
    const head = await ask(path, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '1000' } });
    expect(head.body).toHaveLength(0);
  });

  test('frames of a take; what is not there is not found', async () => {
    const { takeId } = putTake();
    expect(await ask(`/media/take/${takeId}/frame/3`)).toMatchObject({
      status: 200,
      headers: { 'content-type': 'image/png' },
    });
    for (const path of [
      `take/${takeId}/frame/4`,
      `take/${takeId}/frame/..`,
      `take/${newId()}/video`,
      `take/..%2f..%2f/video`,
      `clip/${newId()}/thumb`,
      'clip',
      '',
    ]) {
      expect((await ask(`/media/${path}`)).status, path).toBe(404);
    }
  });
});

describe('upload', () => {
  test('a file arrives whole in its batch and can be imported', async () => {
    const batch = newId();
    const body = Buffer.alloc(3_000_000, 'clip');
    expect((await ask(`/upload/${batch}/folder/%E7%8C%AB.mp4`, { method: 'PUT', body })).status).toBe(201);
    expect(readFileSync(join(workspace, 'uploads', batch, 'folder', '猫.mp4')).equals(body)).toBe(true);
    const { id } = await client.call('imports.startUploaded', { batch });
    // The obedient worker does not know this order: that it was asked is what counts.
    expect((await jobEnds(client, id)).error?.params).toEqual({
      detail: `no such order: ${join(workspace, 'uploads', batch)}`,
    });
    await expect(client.call('imports.startUploaded', { batch: newId() })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test('paths that leave the batch are refused', async () => {
    const batch = newId();
    for (const path of [
      `${batch}/../../x`,
      `${batch}/%2e%2e/x`,
      `${batch}/..%2fx`,
      `${batch}/a%5c..%5cx`,
      `${batch}//etc/x`,
      `${batch}`,
      `${batch}/`,
      '../x/y',
      'batch/x',
    ]) {
      expect(
        (await ask(`/upload/${path}`, { method: 'PUT', body: 'x' })).status,
        path,
      ).toBeGreaterThanOrEqual(400);
    }
    expect(readdirSync(join(workspace, 'uploads'))).toEqual([]);
  });

  test('half a file leaves nothing', async () => {
    const batch = newId();
    const { hostname, port } = new URL(engine.url);
    const headers = { authorization: `Bearer ${engine.token}`, 'content-length': 1000 };
    const sent = request({
      hostname,
      port,
      path: `/upload/${batch}/a.mp4`,
      method: 'PUT',
      headers,
      agent: false,
    });
    sent.on('error', () => {});
    sent.write('only this');
    const uploads = join(workspace, 'uploads');
    while (readdirSync(uploads).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    sent.destroy();
    while (readdirSync(uploads).some((name) => name.endsWith('.part')))
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(existsSync(join(uploads, batch))).toBe(false);
  });
});
