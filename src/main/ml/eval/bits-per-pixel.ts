/** What a clip costs to write down with a model's help. */

/**
 * The bits of a clip's tokens, spread over the pixels that they stand for: nats / ln 2 / (frames · height · width). It compares
 * models whose tokens differ. The pixels are those that the tokenizer gives back, so it belongs together with a measure of
 * how well it does so: fewer tokens are fewer bits, and a worse picture.
 *
 * @param nats −log p of the tokens of all clips together, or a bound of it
 * @param pixels of all frames of all clips; colours do not count
 */
export function bitsPerPixel(nats: number, pixels: number): number {
  return nats / Math.LN2 / pixels;
}
