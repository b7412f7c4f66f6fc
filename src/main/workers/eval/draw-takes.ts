/** Pictures of an evaluation's takes, at the pace of the clips that the model learned from. */
import { median } from '#shared/domain/median.ts';
import { breathe } from '../runtime/breathe.ts';
import type { Evaluation } from './evaluation.ts';
import type { PromptTakes } from './make-takes.ts';
import { writePictureGrid } from './picture-grid.ts';

/** Milliseconds a frame: of still pictures, and at least and at most. */
const STILL_MS = 125;
const [LEAST_MS, MOST_MS] = [40, 500];

/** Draws the prompts, or the captions of the split if there are none. Throws AppError `cancelled`, `disk-full`. */
export async function drawTakes(
  { spec, model, clips, context }: Evaluation,
  made: readonly PromptTakes[],
): Promise<void> {
  const prompts = made.filter(({ isCaption }) => !isCaption);
  const drawn = prompts.length > 0 ? prompts : made;
  if (spec.gridFolder === null || drawn.length === 0) return;
  const { frames, size } = model.config.window;
  const seconds = median(clips.map(({ start, end }) => end - start));
  const pace = seconds > 0 ? Math.round((1000 * seconds) / frames) : STILL_MS;
  await writePictureGrid(
    spec.gridFolder,
    drawn.map(({ text, takes }) => ({
      prompt: text,
      seeds: takes.map(({ seed }) => seed),
      takes: takes.map(({ frames_THWC }) => frames_THWC),
    })),
    {
      ...{ size, delayMs: Math.min(MOST_MS, Math.max(LEAST_MS, pace)) },
      drawn: async (done, total) => {
        context.progress('draw', done, total);
        if (done > 0) context.did('draw');
        await breathe(context.signal);
      },
    },
  );
}
