/** Short answers: a status alone, or an error of the catalogue as JSON. */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { WireError } from '#shared/contract/common.ts';

export function sendStatus(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${status} ${STATUS_CODES[status] ?? ''}\n`);
}

export function sendError(response: ServerResponse, status: number, error: WireError): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(error));
}
