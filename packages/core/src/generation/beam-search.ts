import type { Generator } from '../random/index.js';
import type { TokenDecoder } from './decoder.js';
import { logSoftmax, topIndices } from './distribution.js';
import type { LogitsProcessor } from './processors/processor.js';
import { nextScores, repeated } from './run-decoder.js';
import type { StoppingCriterion } from './stopping.js';

export interface BeamSearchOptions {
  readonly numBeams: number;
  readonly numReturnSequences: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | 'never';
  readonly processors: readonly LogitsProcessor[];
  readonly stop: StoppingCriterion;
  readonly maxLength: number;
  /** Number of tokens that end a sequence. */
  readonly ends: number;
  /** What comes behind the end of a shorter sequence. */
  readonly fill: number;
  /** Draw candidates with it; null takes the likeliest. */
  readonly generator: Generator | null;
}

interface Beam {
  readonly tokens: number[];
  readonly score: number;
  /** The row of the decoder that it comes from. */
  readonly row: number;
}

interface Finished {
  readonly tokens: readonly number[];
  readonly score: number;
  readonly done: boolean;
}

/** What a score is lowered by to leave it out, as the reference does. */
const out = -1e9;
const { fround } = Math;

/** The beams of one example. */
class Beams {
  running: readonly Beam[];
  finished: readonly Finished[];
  /** Whether a beam that runs may still beat those that are done. */
  mayImprove = true;
  /** Whether every candidate of the last step is at its end. */
  exhausted = false;

  constructor(
    readonly prompt: readonly number[],
    readonly firstRow: number,
    readonly options: BeamSearchOptions,
  ) {
    const beams = Array.from({ length: options.numBeams }, (_, i) => i);
    // all beams begin alike: only the first may go on, or all would stay alike
    this.running = beams.map((i) => ({ tokens: [...prompt], score: i === 0 ? 0 : out, row: firstRow + i }));
    this.finished = beams.map(() => ({ tokens: prompt, score: out, done: false }));
  }

  get allDone(): boolean {
    return this.finished.every(({ done }) => done);
  }

  /** @param scores log probabilities of what follows each running beam, processed */
  step(scores: ReadonlyArray<Float32Array>): void {
    const { numBeams, ends, stop, lengthPenalty, earlyStopping } = this.options;
    const vocabulary = scores[0]!.length;
    const total = new Float32Array(numBeams * vocabulary);
    this.running.forEach(({ score }, beam) => {
      for (let i = 0; i < vocabulary; i++) total[beam * vocabulary + i] = score + scores[beam]![i]!;
    });
    // so many that as many as there are beams do not end
    const count = Math.min(Math.max(2, 1 + ends) * numBeams, total.length);
    const chosen = this.#choose(total, count).map((at) => {
      const beam = Math.floor(at / vocabulary);
      const tokens = [...this.running[beam]!.tokens, at % vocabulary];
      const row = this.firstRow + beam;
      return { tokens, row, score: total[at]!, ended: stop(tokens, row) };
    });
    const generated = chosen[0]!.tokens.length - this.prompt.length;
    const closed = earlyStopping === true && this.allDone;
    const candidates = chosen.map(({ tokens, score, ended }, i) => {
      // those behind the best ones only keep the search alive
      const done = ended && i < numBeams;
      let value = fround(score / generated ** lengthPenalty);
      for (const excluded of [closed, !this.mayImprove, !done]) if (excluded) value = fround(value + out);
      return { tokens, score: value, done };
    });
    const going = chosen.map(({ score, ended }) => (ended ? fround(score + out) : score));
    this.running = topIndices(going, numBeams).map((i) => ({ ...chosen[i]!, score: going[i]! }));
    const merged = [...this.finished, ...candidates];
    this.finished = topIndices(
      merged.map(({ score }) => score),
      numBeams,
    ).map((i) => merged[i]!);
    this.exhausted = chosen.every(({ ended }) => ended);
    this.#look(generated);
  }

  /** Whether going on can still give something better. */
  #look(generated: number): void {
    const { maxLength, earlyStopping, lengthPenalty } = this.options;
    const longest = earlyStopping === 'never' && lengthPenalty > 0 ? maxLength - this.prompt.length : generated;
    const best = fround(this.running[0]!.score / longest ** lengthPenalty);
    const worst = this.finished.reduce((least, { score }) => Math.min(least, score), Infinity);
    this.mayImprove &&= this.finished.some(({ done }) => best > (done ? worst : out));
  }

  /** Places of the candidates: the likeliest, or drawn without replacement. */
  #choose(total: Float32Array, count: number): number[] {
    const { generator } = this.options;
    if (generator === null) return topIndices(total, count);
    // the largest of scores with Gumbel noise are a draw without replacement (Kool et al. 2019, arXiv:1903.06059)
    return topIndices(
      Float64Array.from(total, (score) => score - Math.log(-Math.log(1 - generator.uniform()))),
      count,
    );
  }
}

/** The best sequences that were found, and their log probabilities with the length penalty. */
export interface BeamSearchResult {
  readonly sequences: number[][];
  readonly scores: number[];
}

/** Beam search, all examples and beams at once. */
export async function beamSearch(
  decoder: TokenDecoder,
  prompts: ReadonlyArray<readonly number[]>,
  options: BeamSearchOptions,
): Promise<BeamSearchResult> {
  const { numBeams, processors, earlyStopping, numReturnSequences, fill } = options;
  const examples = prompts.map((prompt, i) => new Beams(prompt, i * numBeams, options));
  const source = repeated(prompts.length, numBeams);
  let scores = await nextScores(decoder, prompts);
  decoder.select(source);
  scores = source.map((prompt) => scores[prompt]!.slice());
  for (;;) {
    for (const [i, example] of examples.entries()) {
      const logs = example.running.map(({ tokens }, beam) => {
        const row = i * numBeams + beam;
        const log = logSoftmax(scores[row]!);
        for (const process of processors) process(tokens, log, row);
        return log;
      });
      example.step(logs);
    }
    const open = examples.some(({ mayImprove }) => mayImprove);
    const allDone = earlyStopping === true && examples.every((example) => example.allDone);
    if (!open || allDone || examples.every(({ exhausted }) => exhausted)) break;
    const beams = examples.flatMap(({ running }) => running);
    decoder.select(beams.map(({ row }) => row));
    scores = await nextScores(
      decoder,
      beams.map(({ tokens }) => [tokens.at(-1)!]),
    );
  }
  const best = examples.flatMap(({ finished }) => finished.slice(0, numReturnSequences));
  const length = Math.max(...best.map(({ tokens }) => tokens.length));
  return {
    sequences: best.map(({ tokens }) => [...tokens, ...Array.from({ length: length - tokens.length }, () => fill)]),
    scores: best.map(({ score }) => score),
  };
}
