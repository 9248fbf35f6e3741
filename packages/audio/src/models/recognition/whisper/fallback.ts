import { generation } from '@hourglass/core';

/** When what was written is tried again at another temperature (Radford et al. 2022, arXiv:2212.04356, section 4.5). */
export interface WhisperFallback {
  /**
   * What to try one after the other until the thresholds are kept: 0 takes the likeliest token, anything above draws. Default 0; the paper's
   * are 0, 0.2, 0.4, 0.6, 0.8, 1.
   */
  readonly temperature?: number | readonly number[];
  /** Tokens that deflate to less than one part in this repeat themselves. The paper's is 2.4 for text, which is about 1.35 for tokens. */
  readonly compressionRatioThreshold?: number | null;
  /** Tokens whose mean log probability is below this are guesses. The paper's is -1. */
  readonly logprobThreshold?: number | null;
  /** A window of guesses is silence, and left out, where the model says so with more than this probability. The paper's is 0.6. */
  readonly noSpeechThreshold?: number | null;
}

/** How many times longer tokens are than what zlib makes of them. @param vocabulary its size, which says how many bytes a token has */
export async function compressionRatio(tokens: readonly number[], vocabulary: number): Promise<number> {
  const width = Math.trunc(Math.log2(vocabulary) / 8) + 1;
  const bytes = Uint8Array.from(
    { length: tokens.length * width },
    (_, i) => tokens[Math.floor(i / width)]! >> (8 * (i % width)),
  );
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return bytes.length / (await new Response(packed).arrayBuffer()).byteLength;
}

/** Follows how likely the tokens are that one sound's search takes, by what it knew when it took them. */
export class TokenProbabilities {
  #before: Float32Array | null = null;
  #sum = 0;

  /** The last processor of a search. */
  readonly follow: generation.LogitsProcessor = (tokens, scores) => {
    this.#take(tokens.at(-1)!);
    this.#before = generation.logSoftmax(scores);
  };

  #take(token: number): void {
    if (this.#before !== null) this.#sum += this.#before[token]!;
    this.#before = null;
  }

  /** The mean log probability. @param tokens that were taken, the end among them */
  mean(tokens: readonly number[]): number {
    this.#take(tokens.at(-1)!);
    return this.#sum / tokens.length;
  }
}
