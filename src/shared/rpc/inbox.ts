/** The receiving half of a transport: keeps frames until there is a receiver, and remembers that it was closed. */
export class Inbox {
  #receive: ((frame: unknown) => void) | undefined;
  #waiting: unknown[] = [];
  #onClosed: (() => void)[] = [];
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  push(frame: unknown): void {
    if (this.#closed) return;
    if (this.#receive) this.#receive(frame);
    else this.#waiting.push(frame);
  }

  onFrame(receive: (frame: unknown) => void): void {
    this.#receive = receive;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const frame of waiting) receive(frame);
  }

  onClose(closed: () => void): void {
    if (this.#closed) closed();
    else this.#onClosed.push(closed);
  }

  /** Frames that nobody has taken yet stay: they were sent before the end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const closed of this.#onClosed) closed();
    this.#onClosed = [];
  }
}
