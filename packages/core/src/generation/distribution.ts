/** Arithmetic on one row of scores, in JavaScript: what follows a step of a decoder is decided there. */

/** log softmax of a row. */
export function logSoftmax(scores: Float32Array): Float32Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - largest);
  const shift = largest + Math.log(sum);
  return scores.map((score) => score - shift);
}

/** Softmax of a row. */
export function softmax(scores: Float32Array): Float32Array {
  return logSoftmax(scores).map((score) => Math.exp(score));
}

/** -sum p log p of a row of log probabilities; what cannot happen adds nothing. */
export function entropy(logProbabilities: Float32Array): number {
  let sum = 0;
  for (const logP of logProbabilities) if (logP > -Infinity) sum -= logP * Math.exp(logP);
  return sum;
}

/** Index of the largest score, the first of equal ones. */
export function argMax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}

/** Indices of the `count` largest scores, largest first, of equal ones the first. */
export function topIndices(scores: ArrayLike<number>, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (found.length === count && !(scores[i]! > scores[found[count - 1]!]!)) continue;
    if (found.length === count) found.pop();
    // binary search for the place behind all that are not smaller
    let [low, high] = [0, found.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (scores[found[middle]!]! >= scores[i]!) low = middle + 1;
      else high = middle;
    }
    found.splice(low, 0, i);
  }
  return found;
}

/** Indices by rising score, equal ones in their order. */
export function ascending(scores: Float32Array): Uint32Array {
  return Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b);
}
