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
  for (const p of probabilities) if (p >= least) share += p;
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

/** The likeliest token always belongs to the nucleus, however small `topP` is. */
function leastProbabilityInNucleus(probabilities: Float32Array, topP: number): number {
  if (topP >= 1) return 0;
  // All tokens below this together hold less than what is left out: they cannot belong, and need not be sorted.
  const floor = (1 - topP) / probabilities.length;
  const ascending = probabilities.filter((p) => p >= floor).sort();
  let share = 0;
  for (let i = ascending.length - 1; i > 0; i--) {
    share += ascending[i]!;
    if (share >= topP) return ascending[i]!;
  }
  return 0;
}
