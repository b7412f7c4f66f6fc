/** Tells whether a GIF was cut off: decoders show what is there and say nothing of what is missing. Pure. */

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

/** Walks the blocks of GIF89a (https://www.w3.org/Graphics/GIF/spec-gif89a.txt). A missing trailer alone is forgiven. */
export function isGifCutOff(bytes: Uint8Array): boolean {
  let at = 13 + colorTableBytes(bytes[10]);
  const skipSubBlocks = () => {
    while (bytes[at]) at += bytes[at]! + 1;
    at++;
  };
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === EXTENSION) {
      at += 2;
    } else if (block === IMAGE) {
      at += 10 + colorTableBytes(bytes[at + 9]) + 1;
    } else {
      // After the trailer anything may follow; what is no block at all ends the picture for every decoder.
      return block !== TRAILER && block !== 0;
    }
    skipSubBlocks();
  }
  return at > bytes.length;
}

function colorTableBytes(packed = 0): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}
