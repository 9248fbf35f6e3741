import * as tf from '@tensorflow/tfjs-core';
import {
  Joiner,
  pruneLabels,
  pruneRanges,
  rnntLoss,
  rnntPrunedLoss,
  rnntSimpleLoss,
  type PruneRanges,
  type SimpleScores,
} from '@hourglass/audio';
import { Adam, Embedding, Generator, Linear, Module, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const [classes, features, width] = [8, 8, 32];

/** A transducer with the linear maps of a trivial joiner beside the real one. */
class Transducer extends Module {
  readonly encoder: Linear;
  readonly predictor: Embedding;
  readonly joiner: Joiner;
  readonly simple_am: Linear;
  readonly simple_lm: Linear;

  constructor(generator: Generator) {
    super();
    this.encoder = new Linear(features, width, { generator });
    this.predictor = new Embedding(classes, width, { generator });
    this.joiner = new Joiner(width, classes, { activation: 'tanh', generator });
    this.simple_am = new Linear(width, classes, { generator });
    this.simple_lm = new Linear(width, classes, { generator });
  }

  /** Encoded frames and label histories (the last label alone), and the simple scores of both. */
  encode({ x, history }: Batch): SimpleScores & { encoded: tf.Tensor; predicted: tf.Tensor } {
    const [encoded, predicted] = [tf.tanh(this.encoder.forward(x)), this.predictor.forward(history)];
    return { encoded, predicted, am: this.simple_am.forward(encoded), lm: this.simple_lm.forward(predicted) };
  }
}

interface Batch {
  readonly x: tf.Tensor;
  /** int32 [N, U + 1]: a blank and the labels. */
  readonly history: tf.Tensor;
  readonly labels: readonly number[];
  readonly frameLengths: readonly number[];
  readonly labelLengths: readonly number[];
}

/** Labels in frames of their own, all of them within a third of the utterance, so that an even spread misses them. */
function speech(generator: Generator, examples: number, frames: number, count: number): Batch {
  const values = new Float32Array(examples * frames * features);
  const history: number[] = [];
  const labels: number[] = [];
  for (let n = 0; n < examples; n++) {
    const start = generator.integer(0, frames - Math.ceil(frames / 3));
    const within = [...generator.permutation(Math.ceil(frames / 3))].slice(0, count).sort((a, b) => a - b);
    let label = 0;
    const row = within.map((t) => {
      // never the same twice, which nobody could tell apart
      label = 1 + ((label + generator.integer(0, classes - 2)) % (classes - 1));
      values[(n * frames + start + t) * features + label] = 3;
      return label;
    });
    labels.push(...row);
    history.push(0, ...row);
  }
  const x = scope(() =>
    tf.add(
      tf.tensor3d(values, [examples, frames, features]),
      normalTensor([examples, frames, features], 0, 0.3, generator),
    ),
  );
  return {
    x,
    history: tf.tensor2d(history, [examples, count + 1], 'int32'),
    labels,
    frameLengths: Array.from({ length: examples }, () => frames),
    labelLengths: Array.from({ length: examples }, () => count),
  };
}

const blank = 0;

/** The full loss, the pruned one with runs where the simple loss's paths are, and with runs spread evenly. */
function compare(model: Transducer, batch: Batch, range: number): { full: number; pruned: number; even: number } {
  return scope(() => {
    const { labels, frameLengths, labelLengths } = batch;
    const { encoded, predicted, ...scores } = model.encode(batch);
    const lengths = [frameLengths, labelLengths] as const;
    const { occupations } = rnntSimpleLoss(scores, labels, ...lengths, { blank });
    const ranges = pruneRanges(occupations, ...lengths, range);
    const [frames, count] = [frameLengths[0]!, labelLengths[0]!];
    const evenly = Array.from({ length: frames }, (_, t) =>
      Math.round((t / (frames - 1)) * (count + 1 - ranges.range)),
    );
    const even = {
      begin: tf.tile(tf.tensor2d([evenly], [1, frames], 'int32'), [frameLengths.length, 1]),
      range: ranges.range,
    };
    const pruned = (ranges: PruneRanges): number =>
      rnntPrunedLoss(jointly(model, encoded, predicted, ranges), labels, ranges, ...lengths, { blank }).dataSync()[0]!;
    const full = rnntLoss(model.joiner.forward(encoded, predicted), labels, ...lengths, { blank }).dataSync()[0]!;
    return { full, pruned: pruned(ranges), even: pruned(even) };
  });
}

/** The joiner within the runs. */
function jointly(model: Transducer, encoded: tf.Tensor, predicted: tf.Tensor, ranges: PruneRanges): tf.Tensor {
  return model.joiner.joined(tf.add(tf.expandDims(encoded, 2), pruneLabels(predicted, ranges)));
}

/** Loss of training: the pruned one, and the simple one that finds the runs. */
function trainingLoss(model: Transducer, batch: Batch, range: number): tf.Tensor {
  const { labels, frameLengths, labelLengths } = batch;
  const { encoded, predicted, ...scores } = model.encode(batch);
  const simple = rnntSimpleLoss(scores, labels, frameLengths, labelLengths, { blank });
  const ranges = pruneRanges(simple.occupations, frameLengths, labelLengths, range);
  const logits = jointly(model, encoded, predicted, ranges);
  const pruned = rnntPrunedLoss(logits, labels, ranges, frameLengths, labelLengths, { blank });
  return tf.add(pruned, tf.mul(simple.loss, 0.5));
}

function disposeBatch({ x, history }: Batch): void {
  tf.dispose([x, history]);
}

describe('pruned RNN-T (515)', () => {
  it('is the full loss, with its gradient, where the range holds all labels', () => {
    const generator = new Generator(4);
    const [model, batch] = [new Transducer(generator), speech(generator, 3, 9, 3)];
    const { full, pruned } = compare(model, batch, 4);
    expect(pruned).toBeCloseTo(full, 4);
    scope(() => {
      const { labels, frameLengths: frames, labelLengths: counts } = batch;
      const { encoded, predicted } = model.encode(batch);
      const ranges = { begin: tf.zeros([3, 9], 'int32'), range: 4 };
      const gradients = [
        tf.grads((e: tf.Tensor, p: tf.Tensor) =>
          rnntLoss(model.joiner.forward(e, p), labels, frames, counts, { blank }),
        ),
        tf.grads((e: tf.Tensor, p: tf.Tensor) =>
          rnntPrunedLoss(jointly(model, e, p, ranges), labels, ranges, frames, counts, { blank }),
        ),
      ].map((gradient) => gradient([encoded, predicted]));
      gradients[0]!.forEach((expected, i) => expectClose(gradients[1]![i]!, expected, { atol: 1e-5, rtol: 1e-3 }));
    });
    model.dispose();
    disposeBatch(batch);
  });

  it.skipIf(training.isMissing)(
    training.title('bounds the full loss closely with few labels a frame, where runs spread evenly do not'),
    () => {
      const generator = new Generator(7);
      const [model, range] = [new Transducer(generator), 3];
      const optimizer = new Adam(model.namedParameters(), { lr: 0.05 });
      const fresh = speech(new Generator(99), 8, 18, 5);
      const untrained = compare(model, fresh, range).full;
      for (let step = 0; step < 80; step++) {
        scope(() => {
          const batch = speech(generator, 8, 18, 5);
          const { gradients } = valueAndGradients(() => trainingLoss(model, batch, range), model.parameters());
          optimizer.step(gradients);
          disposeBatch(batch);
        });
      }
      const { full, pruned, even } = compare(model, fresh, range);
      console.log(
        `loss ${full.toFixed(3)} full (${untrained.toFixed(1)} before training), ${pruned.toFixed(3)} with ${range} of 6 labels a frame, ${even.toFixed(2)} with runs spread evenly`,
      );
      expect(full).toBeLessThan(0.2 * untrained);
      expect(pruned).toBeGreaterThan(full - 1e-3);
      expect(pruned).toBeLessThan(1.05 * full + 0.02);
      expect(even).toBeGreaterThan(2 * full + 1);
      optimizer.dispose();
      model.dispose();
      disposeBatch(fresh);
    },
  );

  it('needs memory for the labels of a range, not of the whole text', () => {
    const generator = new Generator(1);
    const model = new Transducer(generator);
    /** Bytes of the largest tensors, of frames × labels × classes or features, that a training step makes. */
    const bytes = (count: number, range: number | null): number => {
      const batch = speech(generator, 1, 60, count);
      let most = 0;
      const start = tf.memory().numBytes;
      const measured = (x: tf.Tensor): tf.Tensor => {
        most = Math.max(most, tf.memory().numBytes - start);
        return x;
      };
      scope(() => {
        const { labels, frameLengths, labelLengths } = batch;
        const { gradients } = valueAndGradients(() => {
          if (range !== null) return measured(trainingLoss(model, batch, range));
          const { encoded, predicted } = model.encode(batch);
          return measured(
            rnntLoss(model.joiner.forward(encoded, predicted), labels, frameLengths, labelLengths, { blank }),
          );
        }, model.parameters());
        expect(gradients.size).toBeGreaterThan(0);
      });
      disposeBatch(batch);
      return most;
    };
    const [full, pruned] = [bytes(20, null) - bytes(5, null), bytes(20, 4) - bytes(5, 4)];
    console.log(`15 more labels take ${full} bytes of a full lattice, ${pruned} of a pruned one`);
    // scalars of the lattice remain for each label; the joiner's vectors do not
    expect(pruned).toBeLessThan(0.5 * full);
    model.dispose();
  });
});
