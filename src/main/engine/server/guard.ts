/**
 * Who may talk to the loopback server: only pages that it served itself, and programs that know its token. Any page in
 * the user's browser can send requests to 127.0.0.1, and any name can be made to point there.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

export type Verdict = 'ok' | 'wrong-host' | 'wrong-origin' | 'no-token';

/** `cookieName` differs per port, because browsers share cookies between ports. */
export function judge(request: IncomingMessage, token: string, cookieName: string): Verdict {
  if (!isOurHost(request.headers.host)) return 'wrong-host';
  if (!isOurOrigin(request)) return 'wrong-origin';
  const given = bearer(request) ?? cookie(request, cookieName);
  return given !== undefined && sameToken(given, token) ? 'ok' : 'no-token';
}

/**
 * A rebound DNS name shows here. The port may be another one: a tunnel (`ssh -L`) may end at any port of this machine,
 * and the browser compares it in the Origin.
 */
export function isOurHost(host: string | undefined): boolean {
  const match = /^(\[::1\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(host ?? '');
  return match !== null && loopbackNames.has(match[1]!.toLowerCase());
}

/** Requests of a page carry its origin, or at least (pictures, scripts) whether it is ours. Programs send neither. */
function isOurOrigin({ headers }: IncomingMessage): boolean {
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

export function sameToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function bearer({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
}

function cookie({ headers }: IncomingMessage, name: string): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
