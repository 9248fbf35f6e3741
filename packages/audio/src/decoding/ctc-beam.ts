import { check, type losses } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { checkBlank, logAddExp, readFrames, type Frames, type Hypothesis } from './frames.js';
import { endFusion, fuse, startFusion, type FusedScore, type Fusion } from './language-model.js';

export interface CtcBeamOptions {
  /** The label for "nothing here". Default 0. */
  readonly blank?: number;
  /** Prefixes kept after each frame. Default 16. */
  readonly beamWidth?: number;
  /** Labels tried in each frame, the likeliest; default all. */
  readonly labelsPerFrame?: number;
  /** Prefixes this much less likely than the best are dropped. Default Infinity. */
  readonly beamThreshold?: number;
  /** Default none. */
  readonly languageModel?: Fusion | null;
}

/** A sequence of labels: a node of the tree of all that were tried, so that equal ones are one. */
interface Prefix {
  readonly label: number;
  readonly parent: Prefix | null;
  readonly children: Map<number, Prefix>;
  readonly fused: FusedScore;
  /** Log probabilities of all paths of this prefix that end in a blank, and in its last label. */
  inBlank: number;
  inLabel: number;
  /** The same after the frame in work. */
  nextInBlank: number;
  nextInLabel: number;
}

/**
 * CTC prefix beam search (Hannun et al. 2014, arXiv:1408.2873) of frames as they come: the probability of a sequence of labels is
 * summed over its paths, exactly where the beam is wide enough to keep every prefix.
 */
export class CtcBeamSearch {
  readonly #options: Required<CtcBeamOptions>;
  #beam: Prefix[];

  /** @throws InvalidArgumentError for widths below 1 */
  constructor(options: CtcBeamOptions = {}) {
    const {
      blank = 0,
      beamWidth = 16,
      labelsPerFrame = Infinity,
      beamThreshold = Infinity,
      languageModel = null,
    } = options;
    for (const [name, value] of Object.entries({ beamWidth, labelsPerFrame }))
      check(value >= 1, `CTC search: ${name} is ${value}; it must be 1 or more`);
    check(beamThreshold >= 0, `CTC search: beamThreshold is ${beamThreshold}; it must be 0 or more`);
    this.#options = { blank, beamWidth, labelsPerFrame, beamThreshold, languageModel };
    const root = makePrefix(-1, null, startFusion(languageModel));
    root.inBlank = 0;
    this.#beam = [root];
  }

  /** @throws InvalidArgumentError when the blank is none of the classes */
  push({ values, frames, classes }: Frames): void {
    checkBlank('CTC search', this.#options.blank, classes);
    check(values.length === frames * classes, `${frames} frames of ${classes} classes are not ${values.length} values`);
    for (let t = 0; t < frames; t++) this.#step(values.subarray(t * classes, (t + 1) * classes));
  }

  #step(row: Float32Array): void {
    const { blank, beamWidth, beamThreshold, languageModel } = this.#options;
    const labels = this.#likeliest(row);
    const reached = new Set<Prefix>(this.#beam);
    for (const prefix of this.#beam) {
      const all = total(prefix);
      prefix.nextInBlank = logAddExp(prefix.nextInBlank, all + row[blank]!);
      // the last label once more, without a blank between, is no new one
      if (prefix.label >= 0) prefix.nextInLabel = logAddExp(prefix.nextInLabel, prefix.inLabel + row[prefix.label]!);
      for (const label of labels) {
        const score = (label === prefix.label ? prefix.inBlank : all) + row[label]!;
        if (score === -Infinity) continue;
        let longer = prefix.children.get(label);
        if (longer === undefined) {
          longer = makePrefix(label, prefix, fuse(languageModel, prefix.fused, label));
          prefix.children.set(label, longer);
        }
        longer.nextInLabel = logAddExp(longer.nextInLabel, score);
        reached.add(longer);
      }
    }
    for (const prefix of reached) {
      [prefix.inBlank, prefix.inLabel] = [prefix.nextInBlank, prefix.nextInLabel];
      [prefix.nextInBlank, prefix.nextInLabel] = [-Infinity, -Infinity];
    }
    const order = [...reached].sort((a, b) => rank(b) - rank(a));
    const least = rank(order[0]!) - beamThreshold;
    // -infinity minus itself is NaN, with which nothing would stay
    const kept = order.slice(0, beamWidth).filter((prefix) => !(rank(prefix) < least));
    for (const prefix of order.slice(kept.length)) [prefix.inBlank, prefix.inLabel] = [-Infinity, -Infinity];
    this.#beam = kept;
    prune(kept, order.slice(kept.length));
  }

  /** Labels to be tried, without the blank. */
  #likeliest(row: Float32Array): number[] {
    const { blank, labelsPerFrame } = this.#options;
    const labels = Array.from(row.keys()).filter((label) => label !== blank);
    if (labels.length <= labelsPerFrame) return labels;
    return labels.sort((a, b) => row[b]! - row[a]!).slice(0, labelsPerFrame);
  }

  /** The best `count` sequences, best first; the language model's end is counted. */
  results(count = this.#options.beamWidth): Hypothesis[] {
    return this.#beam
      .map((prefix) => ({
        labels: labelsOf(prefix),
        score: total(prefix) + endFusion(this.#options.languageModel, prefix.fused),
      }))
      .sort((a, b) => b.score - a.score)
      .slice(0, count);
  }
}

function makePrefix(label: number, parent: Prefix | null, fused: FusedScore): Prefix {
  const nothing = { inBlank: -Infinity, inLabel: -Infinity, nextInBlank: -Infinity, nextInLabel: -Infinity };
  return { label, parent, children: new Map(), fused, ...nothing };
}

function total(prefix: Prefix): number {
  return logAddExp(prefix.inBlank, prefix.inLabel);
}

function rank(prefix: Prefix): number {
  return total(prefix) + prefix.fused.score;
}

function labelsOf(prefix: Prefix): number[] {
  const labels: number[] = [];
  for (let at = prefix; at.parent !== null; at = at.parent) labels.push(at.label);
  return labels.reverse();
}

/** Cuts the branches that lead to nothing in the beam, so that the tree does not grow with what was tried. */
function prune(kept: readonly Prefix[], dropped: readonly Prefix[]): void {
  const alive = new Set(kept);
  for (let at of dropped) {
    while (at.parent !== null && at.children.size === 0 && !alive.has(at)) {
      at.parent.children.delete(at.label);
      at = at.parent;
    }
  }
}

/**
 * The likeliest label sequences of each utterance, best first, by CTC prefix beam search with an optional language model.
 *
 * @param logProbabilities float32 [N, T, C], or [T, C] for one utterance
 * @param lengths N lengths from 0 to T; default T
 * @throws InvalidArgumentError for other shapes, lengths that do not fit, a blank that is none of the classes, and NaN
 */
export async function ctcBeamSearch(
  logProbabilities: tf.Tensor,
  lengths?: losses.Integers,
  options: CtcBeamOptions = {},
): Promise<Hypothesis[][]> {
  return (await readFrames('CTC search', logProbabilities, lengths)).map((frames) => {
    const search = new CtcBeamSearch(options);
    search.push(frames);
    return search.results();
  });
}
