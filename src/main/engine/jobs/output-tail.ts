/** Keeps the last lines of a stream of text, for the reason of a failure. */
const LINES = 12;
const CHARACTERS = 2000;

export function createTail(): {
  push: (chunk: Buffer | string) => void;
  text: () => string;
} {
  let kept = '';
  return {
    push: (chunk) => {
      kept = (kept + chunk.toString()).slice(-CHARACTERS);
    },
    text: () => kept.trim().split('\n').slice(-LINES).join('\n'),
  };
}
