import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { isOurHost, judge } from '#main/engine/server/guard.ts';

const token = 'right';
const ask = (headers: Record<string, string>) =>
  judge(
    { headers: { host: '127.0.0.1:80', ...headers } } as unknown as IncomingMessage,
    token,
    'reelwright-80',
  );

describe('guard', () => {
  test.each([
    ['127.0.0.1:4711', true],
    ['localhost:4711', true],
    ['LOCALHOST', true],
    ['[::1]:4711', true],
    ['evil.example:4711', false],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example:80', false],
    ['localhost:80@evil.example', false],
    ['127.0.0.2', false],
    ['', false],
    [undefined, false],
  ])('host %s: %s', (host, ours) => {
    expect(isOurHost(host)).toBe(ours);
  });

  test('a token by bearer or cookie is needed', () => {
    expect(ask({})).toBe('no-token');
    expect(ask({ authorization: 'Bearer wrong' })).toBe('no-token');
    expect(ask({ authorization: 'Bearer right' })).toBe('ok');
    expect(ask({ cookie: 'a=b; reelwright-80=right' })).toBe('ok');
    expect(ask({ cookie: 'reelwright-81=right' })).toBe('no-token');
  });

  test('a page of another origin is refused even with the token', () => {
    const authorization = 'Bearer right';
    expect(ask({ authorization, origin: 'http://127.0.0.1:80' })).toBe('ok');
    expect(ask({ authorization, origin: 'http://127.0.0.1:81' })).toBe('wrong-origin');
    expect(ask({ authorization, origin: 'https://127.0.0.1:80' })).toBe('wrong-origin');
    expect(ask({ authorization, origin: 'null' })).toBe('wrong-origin');
    expect(ask({ authorization, 'sec-fetch-site': 'cross-site' })).toBe('wrong-origin');
    expect(ask({ authorization, 'sec-fetch-site': 'same-site' })).toBe('wrong-origin');
    expect(ask({ authorization, 'sec-fetch-site': 'same-origin' })).toBe('ok');
  });
});
