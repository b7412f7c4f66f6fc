/** Identifiers made by the studio: ULIDs, as everywhere in the workspace (https://github.com/ulid/spec). */

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function ulid(now = Date.now()): string {
  let time = '';
  for (let rest = now, digit = 0; digit < 10; digit++) {
    time = alphabet[rest % 32]! + time;
    rest = Math.floor(rest / 32);
  }
  const random = crypto.getRandomValues(new Uint8Array(16));
  return time + Array.from(random, (byte) => alphabet[byte % 32]!).join('');
}
