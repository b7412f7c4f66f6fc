/** Where everything stands on a sheet of takes: a card for each prompt, with its label and, below it, its takes. */
import { LABEL_HEIGHT, type Label } from '#main/engine/media/draw-labels.ts';

export interface SheetRequest {
  readonly prompts: readonly string[];
  /** Takes of each prompt. */
  readonly takes: number;
  /** Pictures of each take that stand side by side. */
  readonly shown: number;
  /** Pixels of a picture's side. */
  readonly side: number;
}

/** The place of a picture. */
export interface Slot {
  readonly prompt: number;
  readonly take: number;
  /** Which of the take's pictures. */
  readonly picture: number;
  readonly x: number;
  readonly y: number;
}

export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  readonly labels: readonly Label[];
  readonly slots: readonly Slot[];
}

const MARGIN = 12;
const BETWEEN_PICTURES = 2;
const BETWEEN_TAKES = 8;

/** Cards stand in as many columns as make the sheet about square, numbered line by line. */
export function layOutSheet({ prompts, takes, shown, side }: SheetRequest): SheetLayout {
  const takeWidth = shown * side + (shown - 1) * BETWEEN_PICTURES;
  const cardWidth = takes * takeWidth + (takes - 1) * BETWEEN_TAKES;
  const cardHeight = LABEL_HEIGHT + side;
  const [stepX, stepY] = [cardWidth + MARGIN, cardHeight + MARGIN];
  const columns = Math.min(
    prompts.length,
    Math.max(1, Math.round(Math.sqrt((prompts.length * stepY) / stepX))),
  );
  const rows = Math.ceil(prompts.length / columns);
  const cornerOf = (prompt: number) => ({
    x: MARGIN + (prompt % columns) * stepX,
    y: MARGIN + Math.floor(prompt / columns) * stepY,
  });
  return {
    width: MARGIN + columns * stepX,
    height: MARGIN + rows * stepY,
    labels: prompts.map((text, prompt) => ({
      text: `${prompt + 1}  ${text}`,
      ...cornerOf(prompt),
      width: cardWidth,
    })),
    slots: prompts.flatMap((_, prompt) => {
      const corner = cornerOf(prompt);
      return Array.from({ length: takes * shown }, (__, i): Slot => {
        const [take, picture] = [Math.floor(i / shown), i % shown];
        return {
          ...{ prompt, take, picture },
          x: corner.x + take * (takeWidth + BETWEEN_TAKES) + picture * (side + BETWEEN_PICTURES),
          y: corner.y + LABEL_HEIGHT,
        };
      });
    }),
  };
}
