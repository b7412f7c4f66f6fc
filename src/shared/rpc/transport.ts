/** What client and server need of a connection. Frames arrive in order, whole, and unvalidated. */
import type { Frame } from './frames.ts';

export interface Transport {
  send(frame: Frame): void;
  /** Sets the one receiver of frames. Frames that came before are kept and delivered then. */
  onFrame(receive: (frame: unknown) => void): void;
  onClose(closed: () => void): void;
  close(): void;
}
