/** Short messages at the edge of the window, some with one action such as Undo. */

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'error';
  /** A later toast of the same topic takes the place of this one. */
  readonly topic?: string | undefined;
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

const shownFor = { plain: 6000, error: 12_000 };

export class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #lastId = 0;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing shows it
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(
    text: string,
    { tone = 'plain', topic, action }: Partial<Pick<Toast, 'tone' | 'topic' | 'action'>> = {},
  ): void {
    const toast: Toast = { id: ++this.#lastId, text, tone, topic, action };
    const others = this.list.filter((other) => topic === undefined || other.topic !== topic);
    this.list = [...others.slice(-2), toast];
    this.resume(toast);
  }

  dismiss(id: number): void {
    this.pause(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Hovered or focused toasts stay. */
  pause(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(toast: Toast): void {
    this.pause(toast.id);
    this.#timers.set(
      toast.id,
      setTimeout(() => this.dismiss(toast.id), shownFor[toast.tone]),
    );
  }
}
