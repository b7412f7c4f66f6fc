/** Makes ULIDs: 48 bits of time, 80 of chance, in Crockford's base 32; those of one millisecond still sort by order of birth. */
import { randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const chanceBits = 80n;

let last = 0n;

export function newId(now = Date.now()): string {
  const chance = BigInt(`0x${randomBytes(10).toString('hex')}`);
  const fresh = (BigInt(now) << chanceBits) | chance;
  // A clock that stands still or steps back must not break the order.
  last = fresh >> chanceBits > last >> chanceBits ? fresh : last + 1n;
  let rest = last;
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = alphabet[Number(rest & 31n)]! + text;
    rest >>= 5n;
  }
  return text;
}
