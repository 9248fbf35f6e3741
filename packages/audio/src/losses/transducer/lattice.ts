import { check } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/** Stands for log 0: small enough that exp of it is 0, large enough that sums of many do not overflow. */
export const LOG_ZERO = -1e30;

/**
 * The nodes (frame, label) of all utterances of a batch, numbered along diagonals: a node's diagonal is frame + label, so that all its nodes
 * follow from the diagonal before at once. Every second utterance row is the same lattice seen from its end, so that the backward
 * recursion is the forward one.
 */
export class TransducerLattice {
  readonly batch: number;
  /** Frames of the longest utterance that the tensors have room for. */
  readonly frames: number;
  /** Labels likewise, and one more node for none. */
  readonly width: number;
  readonly diagonals: number;

  /**
   * @param shape [N, T, U + 1] of the blanks' log probabilities
   * @throws InvalidArgumentError for lengths that do not fit
   */
  constructor(
    shape: readonly number[],
    readonly frameLengths: readonly number[],
    readonly labelLengths: readonly number[],
  ) {
    [this.batch, this.frames, this.width] = shape as [number, number, number];
    const { batch, frames, width } = this;
    for (const [name, lengths, least, most] of [
      ['frame', frameLengths, 1, frames],
      ['label', labelLengths, 0, width - 1],
    ] as const) {
      check(
        lengths.length === batch,
        `transducer loss: ${batch} utterances need ${batch} ${name} lengths, got ${lengths.length}`,
      );
      const wrong = lengths.find((length) => !(Number.isInteger(length) && length >= least && length <= most));
      check(
        wrong === undefined,
        `transducer loss: a ${name} length is ${wrong}, it must lie between ${least} and ${most}`,
      );
    }
    this.diagonals = frames + width - 1;
  }

  /** Values of a table of diagonals: forward rows, then reversed ones. */
  get size(): number {
    return this.diagonals * 2 * this.batch * this.width;
  }

  /** Flat place of a node in a table [diagonals, 2 N, width]; `reversed` counts from the utterance's end. */
  place(n: number, t: number, u: number, reversed: boolean): number {
    const [frame, label] = reversed ? [this.frameLengths[n]! - 1 - t, this.labelLengths[n]! - u] : [t, u];
    const row = reversed ? this.batch + n : n;
    return ((frame + label) * 2 * this.batch + row) * this.width + label;
  }

  /** Calls back for every node that exists. */
  nodes(visit: (n: number, t: number, u: number) => void): void {
    for (let n = 0; n < this.batch; n++)
      for (let t = 0; t < this.frameLengths[n]!; t++) for (let u = 0; u <= this.labelLengths[n]!; u++) visit(n, t, u);
  }

  /** Flat place in [N, T, U + 1] or, for labels, [N, T, U]. */
  edge(n: number, t: number, u: number, labels: boolean): number {
    return (n * this.frames + t) * (labels ? this.width - 1 : this.width) + u;
  }

  /**
   * For each place in the table where the two edges into its node are to be found among blanks, labels and one log zero, these laid end
   * to end: int32 [2 * size], blanks' edges first.
   */
  incoming(): tf.Tensor1D {
    const { batch, frames, width, size } = this;
    const blanks = batch * frames * width;
    const nothing = blanks + batch * frames * (width - 1);
    const index = new Int32Array(2 * size).fill(nothing);
    this.nodes((n, t, u) => {
      const forward = this.place(n, t, u, false);
      const reversed = this.place(n, t, u, true);
      if (t > 0) index[forward] = this.edge(n, t - 1, u, false);
      if (u > 0) index[size + forward] = blanks + this.edge(n, t, u - 1, true);
      if (t < this.frameLengths[n]! - 1) index[reversed] = this.edge(n, t, u, false);
      if (u < this.labelLengths[n]!) index[size + reversed] = blanks + this.edge(n, t, u, true);
    });
    return tf.tensor1d(index, 'int32');
  }

  /** int32 [N]: place among the blanks of each utterance's last edge. */
  lastBlanks(): tf.Tensor1D {
    const index = this.frameLengths.map((length, n) => this.edge(n, length - 1, this.labelLengths[n]!, false));
    return tf.tensor1d(index, 'int32');
  }

  /** int32 [N]: place in the table of each utterance's last node. */
  lastNodes(): tf.Tensor1D {
    const index = this.frameLengths.map((length, n) => this.place(n, length - 1, this.labelLengths[n]!, false));
    return tf.tensor1d(index, 'int32');
  }

  /**
   * For the edges of one kind where in the table, behind which a log zero and a zero stand, the node lies at which each begins, seen from
   * the start, and the one at which it ends, seen from the end. int32 [N T width] twice.
   */
  ends(labels: boolean): [tf.Tensor1D, tf.Tensor1D] {
    const { batch, frames, width, size } = this;
    const length = batch * frames * (labels ? width - 1 : width);
    const from = new Int32Array(length).fill(size);
    const to = new Int32Array(length).fill(size);
    this.nodes((n, t, u) => {
      const [lastFrame, lastLabel] = [t === this.frameLengths[n]! - 1, u === this.labelLengths[n]!];
      if (labels && lastLabel) return;
      const at = this.edge(n, t, u, labels);
      from[at] = this.place(n, t, u, false);
      if (labels) to[at] = this.place(n, t, u + 1, true);
      else if (!lastFrame) to[at] = this.place(n, t + 1, u, true);
      else if (lastLabel) to[at] = size + 1;
    });
    return [tf.tensor1d(from, 'int32'), tf.tensor1d(to, 'int32')];
  }
}
