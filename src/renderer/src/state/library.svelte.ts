/** The library as the grid sees it: a long list of which only the pages in view are fetched. */
import type { Clip } from '#shared/contract/library.ts';
import type { CallInput, Output } from '#shared/contract/define.ts';
import type { Contract } from '#shared/contract/index.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { Engine } from '../api/engine.ts';
import { Selection } from './selection.svelte.ts';

export type LibrarySort = NonNullable<CallInput<Contract, 'library.list'>['sort']>;
export type LibraryStats = Output<Contract, 'library.stats'>;

const pageSize = 100;
const largestPage = 500;
/** Changes come in bursts while clips are imported; the grid follows a few times a second. */
const refreshEvery = 400;

export class LibraryState {
  readonly #engine: Engine;
  readonly selection = new Selection();
  query = $state('');
  sort = $state<LibrarySort>('newest');
  uncaptionedOnly = $state(false);
  total = $state(0);
  loaded = $state(false);
  error = $state.raw<unknown>();
  stats = $state.raw<LibraryStats>();
  /** Whether search or filter leave something out. */
  readonly filtered = $derived(this.query.trim() !== '' || this.uncaptionedOnly);

  readonly #pages = new SvelteMap<number, readonly Clip[]>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing shows it
  readonly #fetching = new Set<number>();
  #visible: [first: number, last: number] = [0, 0];
  /** Rises with each change of what is listed, so that late answers to old questions are dropped. */
  #version = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.listen('library.changed', () => this.#refreshSoon());
    engine.onConnected(() => void this.refresh());
  }

  clipAt(index: number): Clip | undefined {
    return this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  /** A clip by id, if it is among the fetched pages. */
  find(clipId: string): Clip | undefined {
    for (const page of this.#pages.values()) {
      const clip = page.find(({ id }) => id === clipId);
      if (clip) return clip;
    }
    return undefined;
  }

  indexOf(clipId: string): number {
    for (const [number, page] of this.#pages) {
      const at = page.findIndex(({ id }) => id === clipId);
      if (at >= 0) return number * pageSize + at;
    }
    return -1;
  }

  /** Fetches what is missing between two positions, ends included. */
  show(first: number, last: number): void {
    this.#visible = [first, last];
    for (const page of pagesBetween(first, last)) {
      if (!this.#pages.has(page) && !this.#fetching.has(page)) void this.#fetch(page);
    }
  }

  /** Lists anew after search, sort or filter changed. */
  async relist(): Promise<void> {
    this.selection.clear();
    this.selection.cursor = 0;
    this.#visible = [0, 0];
    await this.refresh();
  }

  /** Fetches the pages in view again; what was there stays until the answer is. */
  async refresh(): Promise<void> {
    const version = ++this.#version;
    this.#fetching.clear();
    try {
      const numbers = pagesBetween(...this.#visible);
      const answers = await Promise.all(numbers.map((page) => this.#list(page * pageSize, pageSize)));
      const stats = await this.#engine.call('library.stats', {});
      if (version !== this.#version) return;
      this.#pages.clear();
      numbers.forEach((page, index) => this.#pages.set(page, answers[index]!.clips));
      this.total = answers[0]!.total;
      this.stats = stats;
      this.error = undefined;
    } catch (error) {
      if (version === this.#version) this.error = error;
    } finally {
      if (version === this.#version) this.loaded = true;
    }
  }

  /** Ids of the clips between two positions, ends included, whether fetched or not. */
  async idsBetween(first: number, last: number): Promise<string[]> {
    const ids: string[] = [];
    for (let offset = first; offset <= last; offset += largestPage) {
      const limit = Math.min(largestPage, last - offset + 1);
      const { clips } = await this.#list(offset, limit);
      ids.push(...clips.map(({ id }) => id));
    }
    return ids;
  }

  /** Selects the clip at a position and moves there; positions outside the list go to its ends. */
  async selectAt(index: number): Promise<void> {
    if (this.total === 0) return;
    const inside = Math.min(this.total - 1, Math.max(0, index));
    const id = this.clipAt(inside)?.id ?? (await this.idsBetween(inside, inside))[0];
    if (id) this.selection.only(id, inside);
  }

  async selectAll(): Promise<void> {
    this.selection.replace(await this.idsBetween(0, this.total - 1));
  }

  async setCaption(clipId: string, caption: string): Promise<void> {
    const changed = await this.#engine.call('library.setCaption', { clipId, caption });
    for (const [number, page] of this.#pages) {
      const at = page.findIndex(({ id }) => id === clipId);
      if (at >= 0) this.#pages.set(number, page.with(at, changed));
    }
  }

  async remove(clipIds: readonly string[]): Promise<void> {
    await this.#engine.call('library.remove', { clipIds: [...clipIds] });
    for (const id of clipIds) this.selection.ids.delete(id);
    await this.refresh();
  }

  async restore(clipIds: readonly string[]): Promise<void> {
    await this.#engine.call('library.restore', { clipIds: [...clipIds] });
    await this.refresh();
  }

  async #fetch(page: number): Promise<void> {
    const version = this.#version;
    this.#fetching.add(page);
    try {
      const { clips, total } = await this.#list(page * pageSize, pageSize);
      if (version !== this.#version) return;
      this.#pages.set(page, clips);
      this.total = total;
    } catch (error) {
      if (version === this.#version) this.error = error;
    } finally {
      if (version === this.#version) this.#fetching.delete(page);
    }
  }

  #list(offset: number, limit: number): Promise<Output<Contract, 'library.list'>> {
    const { query, sort, uncaptionedOnly } = this;
    return this.#engine.call('library.list', { query, sort, uncaptionedOnly, offset, limit });
  }

  #refreshSoon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.refresh();
    }, refreshEvery);
  }
}

function pagesBetween(first: number, last: number): number[] {
  const from = Math.floor(Math.max(0, first) / pageSize);
  const to = Math.floor(Math.max(0, last) / pageSize);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
