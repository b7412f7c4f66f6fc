/** Makes the takes of an evaluation: of captions of the split, and of prompts. */
import { chooseCandidates } from '#main/ml/eval/retrieval.ts';
import { chooseSettings, type SamplingSettings } from '#shared/domain/sampling-presets.ts';
import { VideoSampler } from '../generate/video-sampler.ts';
import { breathe } from '../runtime/breathe.ts';
import type { Evaluation } from './evaluation.ts';

/** Every evaluation picks the same captions of the same clips, so that runs compare. */
const CAPTIONS_SEED = 2;

/** What takes are made of. */
export interface TakePrompt {
  readonly text: string;
  /** Whether it is the caption of a clip of the split: those takes can be compared with real clips. */
  readonly isCaption: boolean;
}

export interface MadeTake {
  readonly seed: number;
  readonly tokens: Int32Array;
  /** RGB 0…255. */
  readonly frames_THWC: Uint8Array;
}

export interface PromptTakes extends TakePrompt {
  readonly takes: readonly MadeTake[];
}

export function takePrompts({ spec, clips }: Evaluation): TakePrompt[] {
  if (spec.quick) return [];
  const captions = chooseCandidates(clips, spec.sample, CAPTIONS_SEED).map((i) => clips[i]!.caption);
  return [
    ...captions.map((text) => ({ text, isCaption: true })),
    ...spec.prompts.map((text) => ({ text, isCaption: false })),
  ];
}

export function evalSettings({ spec }: Evaluation): SamplingSettings {
  const { seed: _, ...chosen } = spec.sampling;
  return chooseSettings(spec.preset, chosen);
}

/** Takes of a prompt are made side by side. Throws AppError `cancelled`. */
export async function makeTakes(evaluation: Evaluation): Promise<PromptTakes[]> {
  const { spec, context, model } = evaluation;
  const settings = evalSettings(evaluation);
  const seeds = Array.from({ length: spec.takes }, (_, i) => spec.sampling.seed + i);
  const compute = { device: spec.device, threads: spec.threads };
  const prompts = takePrompts(evaluation);
  if (prompts.length === 0) return [];
  const total = prompts.length * model.gptShape.grid.T;
  let done = 0;

  const tokensOf = async (text: string): Promise<Int32Array[]> => {
    const prompt = await model.prompts.read(text);
    const sampler = await VideoSampler.create(
      model.gptWeights,
      model.gptShape,
      { prompt, settings, seeds },
      compute,
    );
    const tokens = seeds.map((): number[] => []);
    try {
      for await (const frames of sampler.frames()) {
        frames.forEach((frame, take) => tokens[take]!.push(...frame.tokens));
        context.did('sample');
        context.progress('sample', ++done, total);
        await breathe(context.signal);
      }
    } finally {
      await sampler.dispose();
    }
    return tokens.map((ofTake) => Int32Array.from(ofTake));
  };

  const made: PromptTakes[] = [];
  context.progress('sample', 0, total);
  for (const prompt of prompts) {
    const takes: MadeTake[] = [];
    for (const [i, tokens] of (await tokensOf(prompt.text)).entries()) {
      takes.push({ seed: seeds[i]!, tokens, frames_THWC: await model.tokenizer.decode(tokens) });
    }
    made.push({ ...prompt, takes });
  }
  return made;
}
