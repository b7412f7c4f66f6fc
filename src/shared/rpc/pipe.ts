/** Joins two connections into one: what comes in on either side goes out on the other. */
import type { Frame } from './frames.ts';
import type { Transport } from './transport.ts';

/** Messages pass as they came, for the two ends to judge. When one side closes, so does the other. */
export function pipe(a: Transport, b: Transport): void {
  forward(a, b);
  forward(b, a);
}

function forward(from: Transport, to: Transport): void {
  from.onFrame((message) => {
    // A socket hands on text that is not JSON as `undefined`, which no connection can carry.
    if (message !== undefined) to.send(message as Frame);
  });
  from.onClose(() => to.close());
}
