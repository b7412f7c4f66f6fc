/** What can be done with takes. */
import type { Take } from '#shared/contract/generation.ts';
import { t } from '../ui/words.svelte.ts';
import { bridge } from '../api/bridge.ts';
import { media } from '../api/media.ts';
import type { Studio } from '../state/studio.svelte.ts';

export function removeTake(studio: Studio, take: Take): Promise<void> {
  return studio.change({
    label: t('takes.removed', { count: 1 }),
    redo: () => studio.takes.remove([take.id]),
    undo: () => studio.takes.restore([take.id]),
  });
}

/** In the shell to a path the user picks; in a browser as a download. */
export function saveTake(studio: Studio, take: Take): Promise<void> {
  return studio.attempt(async () => {
    const name = takeFileName(take);
    if (!bridge) {
      const link = document.createElement('a');
      link.href = media.takeVideo(take.id);
      link.download = name;
      link.click();
      return;
    }
    const path = await bridge.pickSavePath(name);
    if (path) studio.toasts.show(t('takes.saved', { path: await studio.takes.export(take.id, path) }));
  });
}

/** The prompt, as far as file systems take it. */
export function takeFileName(take: Pick<Take, 'prompt' | 'sampling'>): string {
  const words = take.prompt
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${words || 'take'}-${take.sampling.seed}.mp4`;
}
