/** Two ends of one connection inside a process: what one sends, the other receives, copied as any wire would. */
import type { Frame } from './frames.ts';
import { Inbox } from './inbox.ts';
import type { Transport } from './transport.ts';

export function linkedTransports(): [Transport, Transport] {
  const left = new Inbox();
  const right = new Inbox();
  const close = () => {
    left.close();
    right.close();
  };
  const end = (own: Inbox, other: Inbox): Transport => ({
    send: (frame: Frame) => {
      if (own.closed) return;
      const copy = structuredClone(frame);
      queueMicrotask(() => other.push(copy));
    },
    onFrame: (receive) => own.onFrame(receive),
    onClose: (closed) => own.onClose(closed),
    close,
  });
  return [end(left, right), end(right, left)];
}
