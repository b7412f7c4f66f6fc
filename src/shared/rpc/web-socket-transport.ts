/** Frames as JSON over a WebSocket: the browser's, Node's, or one of the `ws` package. */
import type { Frame } from './frames.ts';
import { Inbox } from './inbox.ts';
import type { Transport } from './transport.ts';

export interface SocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
}

const CONNECTING = 0;
const OPEN = 1;

export function webSocketTransport(socket: SocketLike): Transport {
  const inbox = new Inbox();
  let unsent: Frame[] = [];
  socket.addEventListener('open', () => {
    for (const frame of unsent) socket.send(JSON.stringify(frame));
    unsent = [];
  });
  socket.addEventListener('message', ({ data }) => inbox.push(parseJson(data)));
  socket.addEventListener('close', () => inbox.close());
  return {
    send: (frame) => {
      if (socket.readyState === OPEN) socket.send(JSON.stringify(frame));
      else if (socket.readyState === CONNECTING) unsent.push(frame);
    },
    onFrame: (receive) => inbox.onFrame(receive),
    onClose: (closed) => inbox.onClose(closed),
    close: () => {
      socket.close();
      inbox.close();
    },
  };
}

/** What is not JSON becomes `undefined`, which is no frame: the receiver decides what to do about it. */
function parseJson(data: unknown): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}
