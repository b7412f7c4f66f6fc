/** Which clips are selected, by the rules people know from file managers: click, Ctrl-click, Shift-click, arrows. */
import { SvelteSet } from 'svelte/reactivity';

export class Selection {
  readonly ids = new SvelteSet<string>();
  /** Position the keyboard is at, and where a range began. */
  cursor = $state(0);
  /** Set while captions are written one after the other: the next clip's caption takes the focus. */
  captioning = false;
  #anchor = 0;

  get size(): number {
    return this.ids.size;
  }

  /** The only selected id, when it is only one. */
  get single(): string | undefined {
    return this.ids.size === 1 ? [...this.ids][0] : undefined;
  }

  only(id: string, index: number): void {
    this.ids.clear();
    this.ids.add(id);
    this.cursor = this.#anchor = index;
  }

  toggle(id: string, index: number): void {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.cursor = this.#anchor = index;
  }

  /** From the anchor to `index`; `idsOf` gives the ids of a range of positions, ends included. */
  async extend(index: number, idsOf: (first: number, last: number) => Promise<string[]>): Promise<void> {
    this.cursor = index;
    const ids = await idsOf(Math.min(this.#anchor, index), Math.max(this.#anchor, index));
    this.replace(ids);
  }

  replace(ids: readonly string[]): void {
    this.ids.clear();
    for (const id of ids) this.ids.add(id);
  }

  clear(): void {
    this.ids.clear();
  }
}
