/** How much of its time training spends on anything but gradients, updates and evaluations: on feeding, saving, reporting. */
export class IdleMeter {
  #at = performance.now();
  #busy = 0;

  /** Counts the time of `work` as well spent. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.#busy += performance.now() - startedAt;
    }
  }

  /** The share since the last lap, 0 … 1. */
  lap(): number {
    const now = performance.now();
    const share = 1 - this.#busy / (now - this.#at);
    [this.#at, this.#busy] = [now, 0];
    return share;
  }
}
