import { check } from '../../errors.js';
import { ascending, entropy, logSoftmax, softmax, topIndices } from '../distribution.js';
import type { LogitsProcessor } from './processor.js';

/** Divides the scores. @throws InvalidArgumentError for one that is not above 0 */
export function temperature(value: number): LogitsProcessor {
  check(value > 0, `temperature must be above 0, got ${value}; for the likeliest token leave doSample out`);
  return (_, scores) => {
    for (let i = 0; i < scores.length; i++) scores[i]! /= value;
  };
}

/** Keeps the k likeliest tokens, and those as likely as the last of them (Fan et al. 2018, arXiv:1805.04833). */
export function topK(k: number, minTokensToKeep = 1): LogitsProcessor {
  check(Number.isInteger(k) && k > 0, `topK must be a positive whole number, got ${k}; 0 turns it off`);
  return (_, scores) => {
    const kept = Math.min(Math.max(k, minTokensToKeep), scores.length);
    const least = scores[topIndices(scores, kept).at(-1)!]!;
    drop(scores, (i) => scores[i]! < least);
  };
}

/** Keeps the likeliest tokens that together have probability p (Holtzman et al. 2020, arXiv:1904.09751). */
export function topP(p: number, minTokensToKeep = 1): LogitsProcessor {
  checkShare('topP', p);
  return (_, scores) => {
    const probabilities = softmax(scores);
    const order = ascending(scores);
    const dropped = new Uint8Array(scores.length);
    let sum = 0;
    for (const i of order.subarray(0, order.length - minTokensToKeep)) {
      sum += probabilities[i]!;
      if (sum > 1 - p) break;
      dropped[i] = 1;
    }
    drop(scores, (i) => dropped[i] === 1);
  };
}

/** Keeps tokens with at least this share of the likeliest one's probability (Nguyen et al. 2024, arXiv:2407.01082). */
export function minP(share: number, minTokensToKeep = 1): LogitsProcessor {
  checkShare('minP', share);
  return (_, scores) => {
    const probabilities = softmax(scores);
    const kept = new Set(topIndices(scores, minTokensToKeep));
    const least = share * probabilities.reduce((a, b) => Math.max(a, b), 0);
    drop(scores, (i) => probabilities[i]! < least && !kept.has(i));
  };
}

/** Keeps tokens whose information is near the expected one, of probability `mass` together (Meister et al. 2022, arXiv:2202.00666). */
export function typical(mass: number, minTokensToKeep = 1): LogitsProcessor {
  checkShare('typicalP', mass);
  return (_, scores) => {
    const logs = logSoftmax(scores);
    const expected = entropy(logs);
    const distance = logs.map((log) => Math.abs(-log - expected));
    const order = ascending(distance);
    let [sum, last] = [0, 0];
    for (const i of order) {
      sum += Math.exp(logs[i]!);
      if (sum >= mass) break;
      last++;
    }
    const furthest = distance[order[Math.min(last, order.length - 1)]!]!;
    const kept = new Set(order.subarray(0, minTokensToKeep));
    drop(scores, (i) => distance[i]! > furthest && !kept.has(i));
  };
}

/** Keeps tokens of at least this probability (Hewitt et al. 2022, arXiv:2210.15191). */
export function epsilonCutoff(epsilon: number, minTokensToKeep = 1): LogitsProcessor {
  checkShare('epsilonCutoff', epsilon);
  return (_, scores) => dropUnlikely(scores, epsilon, minTokensToKeep);
}

/** {@link epsilonCutoff} with a bound that falls where much is possible (Hewitt et al. 2022, arXiv:2210.15191). */
export function etaCutoff(epsilon: number, minTokensToKeep = 1): LogitsProcessor {
  checkShare('etaCutoff', epsilon);
  return (_, scores) => {
    const eta = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy(logSoftmax(scores))));
    dropUnlikely(scores, eta, minTokensToKeep);
  };
}

/** Makes log probabilities of the scores again. */
export function renormalize(): LogitsProcessor {
  return (_, scores) => scores.set(logSoftmax(scores));
}

function checkShare(name: string, value: number): void {
  check(value >= 0 && value <= 1, `${name} must be between 0 and 1, got ${value}`);
}

function dropUnlikely(scores: Float32Array, probability: number, minTokensToKeep: number): void {
  const probabilities = softmax(scores);
  const least = scores[topIndices(scores, Math.min(minTokensToKeep, scores.length)).at(-1)!]!;
  drop(scores, (i) => probabilities[i]! < probability && scores[i]! < least);
}

/** The condition is asked of all tokens before any is dropped. */
function drop(scores: Float32Array, condition: (token: number) => boolean): void {
  const dropped = Uint8Array.from(scores, (_, i) => Number(condition(i)));
  for (let i = 0; i < scores.length; i++) if (dropped[i] === 1) scores[i] = -Infinity;
}
