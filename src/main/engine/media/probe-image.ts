/** Facts of GIF, WebP, PNG and JPEG files through sharp: size, when each frame begins, alpha. */
import sharp from 'sharp';
import { AppError } from '#shared/errors/app-error.ts';

export interface ImageFacts {
  /** As displayed, after EXIF orientation. */
  width: number;
  height: number;
  /** Seconds at which each frame begins; one entry for a still image. */
  frameStarts: number[];
  /** Seconds one pass lasts; 0 for a still image. */
  duration: number;
  hasAlpha: boolean;
  /** Degrees clockwise from EXIF: 0, 90, 180 or 270. */
  rotation: number;
}

/** Decodes nothing yet. Throws AppError `file-damaged`. */
export async function probeImage(path: string): Promise<ImageFacts> {
  try {
    const facts = await sharp(path, { animated: true }).metadata();
    const frames = facts.pages ?? 1;
    const delays = Array.from({ length: frames }, (_, i) => shownDelay(facts.delay?.[i] ?? 100));
    let clock = 0; // milliseconds
    const frameStarts = delays.map((delay) => ((clock += delay) - delay) / 1000);
    const rotation = orientationDegrees[(facts.orientation ?? 1) - 1] ?? 0;
    const height = facts.pageHeight ?? facts.height;
    const turned = rotation % 180 !== 0;
    return {
      width: turned ? height : facts.width,
      height: turned ? facts.width : height,
      frameStarts,
      duration: frames > 1 ? clock / 1000 : 0,
      hasAlpha: facts.hasAlpha,
      rotation,
    };
  } catch (error) {
    throw new AppError('file-damaged', { path, detail: (error as Error).message });
  }
}

/** Looks at every pixel of every frame. */
export async function isOpaque(path: string): Promise<boolean> {
  return (await sharp(path, { animated: true }).stats()).isOpaque;
}

/** Browsers show frames of 10 ms and less for 100 ms, and so their makers saw them. */
const shownDelay = (milliseconds: number) => (milliseconds <= 10 ? 100 : milliseconds);

/** EXIF orientation 1 … 8; mirrored ones turn like their unmirrored kin. */
const orientationDegrees = [0, 0, 180, 180, 90, 90, 270, 270];
