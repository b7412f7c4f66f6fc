/** What can be undone and redone, newest last. */

export interface Change {
  /** What was done, in the user's language: `3 clips removed`. */
  readonly label: string;
  /** Changes with the same key that follow each other count as one, such as the edits of one caption. */
  readonly mergeKey?: string;
  undo(): Promise<void>;
  redo(): Promise<void>;
}

const remembered = 100;

export class History {
  #done = $state.raw<readonly Change[]>([]);
  #undone = $state.raw<readonly Change[]>([]);
  readonly canUndo = $derived(this.#done.length > 0);
  readonly canRedo = $derived(this.#undone.length > 0);

  /** Records a change that has been made. */
  add(change: Change): void {
    const previous = this.#done.at(-1);
    const merges = change.mergeKey !== undefined && previous?.mergeKey === change.mergeKey;
    const kept = merges ? this.#done.slice(0, -1) : this.#done;
    const merged = merges ? { ...change, undo: previous.undo } : change;
    this.#done = [...kept, merged].slice(-remembered);
    this.#undone = [];
  }

  /** Returns the change that was undone. A change that fails to be undone stays where it is. */
  async undo(): Promise<Change | undefined> {
    const change = this.#done.at(-1);
    await change?.undo();
    if (change) {
      this.#done = this.#done.filter((other) => other !== change);
      this.#undone = [...this.#undone, change];
    }
    return change;
  }

  async redo(): Promise<Change | undefined> {
    const change = this.#undone.at(-1);
    await change?.redo();
    if (change) {
      this.#undone = this.#undone.filter((other) => other !== change);
      this.#done = [...this.#done, change];
    }
    return change;
  }

  /** Undoes this very change, if it has not been undone yet: what the button of a toast does. */
  async undoChange(change: Change): Promise<void> {
    if (this.#done.at(-1) === change) await this.undo();
    else if (this.#done.includes(change)) {
      await change.undo();
      this.#done = this.#done.filter((other) => other !== change);
    }
  }
}
