/** Frames over a MessagePort: the DOM's, Node's, or Electron's MessagePortMain. */
import { Inbox } from './inbox.ts';
import type { Transport } from './transport.ts';

interface MessageLike {
  data: unknown;
}

interface Port {
  postMessage(message: unknown): void;
  start(): void;
  close(): void;
}

/** The DOM's MessagePort, and Node's, which has both styles. */
interface TargetPort extends Port {
  addEventListener(type: 'message', listener: (event: MessageLike) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
}

/** Electron's MessagePortMain, which is an event emitter. */
interface EmitterPort extends Port {
  on(type: 'message', listener: (event: MessageLike) => void): unknown;
  on(type: 'close', listener: () => void): unknown;
}

export type PortLike = TargetPort | EmitterPort;

export function messagePortTransport(port: PortLike): Transport {
  const inbox = new Inbox();
  const onMessage = ({ data }: MessageLike) => inbox.push(data);
  const onClose = () => inbox.close();
  if ('addEventListener' in port) {
    port.addEventListener('message', onMessage);
    port.addEventListener('close', onClose);
  } else {
    port.on('message', onMessage);
    port.on('close', onClose);
  }
  port.start();
  return {
    send: (frame) => {
      if (!inbox.closed) port.postMessage(frame);
    },
    onFrame: (receive) => inbox.onFrame(receive),
    onClose: (closed) => inbox.onClose(closed),
    close: () => {
      port.close();
      // The closing side gets no event of its own everywhere.
      inbox.close();
    },
  };
}
