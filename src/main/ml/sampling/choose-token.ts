/** From logits to one token: guidance, temperature, nucleus (top-p) and a draw. */

/** Uniform in [0, 1); seeded by the caller, so that a seed gives the same clip again. */
export type Random = () => number;

export interface TokenSettings {
  /** 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Draws only from the likeliest tokens that together hold this share (Holtzman et al. 2020). */
  readonly topP: number;
}

export interface TokenChoice {
  readonly token: number;
  /** Of the token at this temperature, before unlikely tokens are left out: how sure the model is. */
  readonly probability: number;
}

/**
 * Classifier-free guidance (Ho & Salimans 2022): away from what the model says without the prompt.
 * `scale` 1 gives the conditional logits unchanged.
 */
export function guide(conditional: Float32Array, unconditional: Float32Array, scale: number): Float32Array {
  const guided = new Float32Array(conditional.length);
  for (let i = 0; i < guided.length; i++) {
    guided[i] = unconditional[i]! + scale * (conditional[i]! - unconditional[i]!);
  }
  return guided;
}

/** @param logits one for each token of the codebook or vocabulary */
export function chooseToken(
  logits: Float32Array,
  { temperature, topP }: TokenSettings,
  random: Random,
): TokenChoice {
  if (temperature === 0) {
    const token = indexOfLargest(logits);
    return { token, probability: softmax(logits, 1)[token]! };
  }
  const probabilities = softmax(logits, temperature);
  const token = drawFromNucleus(probabilities, topP, random);
  return { token, probability: probabilities[token]! };
}

export function softmax(logits: Float32Array, temperature: number): Float32Array {
  const largest = logits[indexOfLargest(logits)]!;
  const probabilities = new Float32Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const weight = Math.exp((logits[i]! - largest) / temperature);
    probabilities[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < probabilities.length; i++) probabilities[i]! /= sum;
  return probabilities;
}

/** Log probabilities, by the log-sum-exp that does not overflow. */
export function logSoftmax(logits: Float32Array): Float32Array {
  const largest = logits[indexOfLargest(logits)]!;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  const logSum = largest + Math.log(sum);
  return logits.map((logit) => logit - logSum);
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function drawFromNucleus(probabilities: Float32Array, topP: number, random: Random): number {
  const least = leastProbabilityInNucleus(probabilities, topP);
  let share = 0;
  for (let i = 0; i < probabilities.length; i++) if (probabilities[i]! >= least) share += probabilities[i]!;
  let rest = random() * share;
  let last = 0;
  for (let token = 0; token < probabilities.length; token++) {
    const p = probabilities[token]!;
    if (p < least || p === 0) continue;
    last = token;
    rest -= p;
    if (rest < 0) break;
  }
  // Rounding may leave a crumb of `rest`: it goes to the last token of the nucleus.
  return last;
}

/** Probabilities are sorted into bins by their leading bits: exponent and four binary digits. */
const BIN_SHIFT = 19;
const BINS = 1 << (31 - BIN_SHIFT);

/**
 * The likeliest token always belongs to the nucleus, however small `topP` is. Positive floats are in the order of their
 * bits: a pass over all of them finds the bin in which the share is reached, and only that bin is sorted.
 */
function leastProbabilityInNucleus(probabilities: Float32Array, topP: number): number {
  if (topP >= 1) return 0;
  const bits = new Uint32Array(probabilities.buffer, probabilities.byteOffset, probabilities.length);
  const shares = new Float64Array(BINS);
  for (let i = 0; i < bits.length; i++) shares[bits[i]! >>> BIN_SHIFT]! += probabilities[i]!;
  let bin = BINS - 1;
  let share = 0;
  while (bin > 0 && share + shares[bin]! < topP) share += shares[bin--]!;
  const inBin: number[] = [];
  for (let i = 0; i < bits.length; i++) if (bits[i]! >>> BIN_SHIFT === bin) inBin.push(probabilities[i]!);
  inBin.sort((a, b) => a - b);
  for (let i = inBin.length - 1; i > 0; i--) {
    share += inBin[i]!;
    if (share >= topP) return inBin[i]!;
  }
  return inBin[0] ?? 0;
}
