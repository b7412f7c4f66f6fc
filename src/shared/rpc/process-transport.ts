/** Frames over the IPC channel between a Node process and its child; takes either end. */
import { Inbox } from './inbox.ts';
import type { Transport } from './transport.ts';

/** What `process` and a ChildProcess have in common. */
export interface IpcEnd {
  readonly connected: boolean;
  send?(message: object, callback: (error: Error | null) => void): boolean;
  disconnect?(): void;
  on(type: 'message', listener: (message: unknown) => void): unknown;
  on(type: 'disconnect', listener: () => void): unknown;
}

export function processTransport(end: IpcEnd): Transport {
  const inbox = new Inbox();
  end.on('message', (message) => inbox.push(message));
  end.on('disconnect', () => inbox.close());
  return {
    // A channel that breaks while a frame is under way reports by `disconnect`; the callback keeps the error quiet.
    send: (frame) => {
      if (end.connected) end.send?.(frame, () => {});
    },
    onFrame: (receive) => inbox.onFrame(receive),
    onClose: (closed) => inbox.onClose(closed),
    close: () => {
      if (end.connected) end.disconnect?.();
      inbox.close();
    },
  };
}
