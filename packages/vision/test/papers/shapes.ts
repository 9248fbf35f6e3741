import * as tf from '@tensorflow/tfjs-core';
import { AdamW, Generator, scope, valueAndGradients, type Module } from '@hourglass/core';

/** Pictures [N, H, W, C] and labels [N, H, W]. */
export interface Examples {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor3D;
}

type Inside = (dx: number, dy: number) => boolean;

/** Square, disc and triangle of radius r. */
const shapes: ReadonlyArray<(r: number) => Inside> = [
  (r) => (dx, dy) => Math.abs(dx) < 0.85 * r && Math.abs(dy) < 0.85 * r,
  (r) => (dx, dy) => dx * dx + dy * dy < r * r,
  (r) => (dx, dy) => dy > -0.8 * r && dy < 0.9 * r && Math.abs(dx) < (dy + 0.9 * r) * 0.6,
];

/** What a square, a disc and a triangle look like on the average; the ground is dark. */
const colours = [
  [1, -0.2, -0.2],
  [-0.2, 1, -0.2],
  [-0.2, -0.2, 1],
] as const;

/** Labels 1, 2, 3 for squares, discs and triangles, some before others, with shades, gradients and noise. */
export function shapeScenes(count: number, size: number, generator: Generator): Examples {
  const images = new Float32Array(count * size * size * 3);
  const labels = new Int32Array(count * size * size);
  for (let n = 0; n < count; n++) {
    const slope = [generator.uniform(-0.5, 0.5), generator.uniform(-0.5, 0.5)] as const;
    const things = Array.from({ length: generator.integer(2, 6) }, () => {
      const r = generator.uniform(0.12, 0.26) * size;
      const kind = generator.integer(0, shapes.length);
      return {
        inside: shapes[kind]!(r),
        label: kind + 1,
        x: generator.uniform(0, size),
        y: generator.uniform(0, size),
        colour: colours[kind]!.map((c) => c * generator.uniform(0.6, 1.2) + generator.normal(0, 0.15)),
      };
    });
    for (let at = 0; at < size * size; at++) {
      const [x, y] = [at % size, Math.floor(at / size)];
      const thing = things.findLast((candidate) => candidate.inside(x - candidate.x, y - candidate.y));
      labels[n * size * size + at] = thing?.label ?? 0;
      const light = (slope[0] * x + slope[1] * y) / size;
      for (let c = 0; c < 3; c++) {
        images[(n * size * size + at) * 3 + c] = (thing?.colour[c] ?? -0.4) + light + generator.normal(0, 0.2);
      }
    }
  }
  return {
    images: tf.tensor4d(images, [count, size, size, 3]),
    labels: tf.tensor3d(labels, [count, size, size], 'int32'),
  };
}

/** Label 1 for bright elliptic blobs with soft edges, like stained nuclei, beside dim debris that does not count. */
export function blobs(count: number, size: number, generator: Generator): Examples {
  const images = new Float32Array(count * size * size);
  const labels = new Int32Array(count * size * size);
  for (let n = 0; n < count; n++) {
    const slope = [generator.uniform(-0.6, 0.6), generator.uniform(-0.6, 0.6)] as const;
    const things = Array.from({ length: generator.integer(4, 9) }, (_, i) => {
      const debris = i < 2;
      const r = generator.uniform(debris ? 0.02 : 0.05, debris ? 0.04 : 0.14) * size;
      const angle = generator.uniform(0, Math.PI);
      return {
        debris,
        long: r * generator.uniform(1, 1.5),
        short: r,
        x: generator.uniform(0, size),
        y: generator.uniform(0, size),
        cos: Math.cos(angle),
        sin: Math.sin(angle),
        bright: generator.uniform(0.7, 1.4),
      };
    });
    for (let at = 0; at < size * size; at++) {
      const [x, y] = [at % size, Math.floor(at / size)];
      let value = (slope[0] * x + slope[1] * y) / size;
      for (const t of things) {
        const [dx, dy] = [x - t.x, y - t.y];
        const distance = Math.hypot((dx * t.cos + dy * t.sin) / t.long, (dy * t.cos - dx * t.sin) / t.short);
        value += t.bright / (1 + Math.exp(8 * (distance - 1)));
        if (distance < 1 && !t.debris) labels[n * size * size + at] = 1;
      }
      images[n * size * size + at] = value + generator.normal(0, 0.25);
    }
  }
  return {
    images: tf.tensor4d(images, [count, size, size, 1]),
    labels: tf.tensor3d(labels, [count, size, size], 'int32'),
  };
}

export interface TrainOptions {
  readonly steps: number;
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
}

/** Trains with AdamW, and a linear decay; leaves the model in evaluation mode. */
export function train(
  model: Module,
  { images, labels }: Examples,
  loss: (images: tf.Tensor, labels: tf.Tensor) => tf.Tensor,
  { steps, batch, lr, seed }: TrainOptions,
): void {
  const generator = new Generator(seed);
  const parameters = model.parameters();
  const optimizer = new AdamW(parameters, { lr, weightDecay: 1e-4 });
  model.train();
  for (let step = 0; step < steps; step++) {
    for (const group of optimizer.groups) group.lr = lr * (1 - step / steps);
    scope(() => {
      const picked = tf.tensor1d(
        Array.from({ length: batch }, () => generator.integer(0, images.shape[0])),
        'int32',
      );
      const [x, y] = [tf.gather(images, picked), tf.gather(labels, picked)];
      const { gradients } = valueAndGradients(() => loss(x, y), parameters);
      optimizer.step(gradients);
    });
  }
  optimizer.dispose();
  model.eval();
}

/** Most likely classes of logits [N, H, W, C]. */
export function predictions(logits: tf.Tensor): Int32Array {
  return tf.tidy(() => Int32Array.from(tf.argMax(logits, -1).dataSync()));
}

/** Intersection ÷ union of one class, over the positions where `counts` holds; NaN where it does not occur. */
export function intersectionOverUnion(
  predicted: ArrayLike<number>,
  expected: ArrayLike<number>,
  label: number,
  counts: (at: number) => boolean = () => true,
): number {
  let [both, either] = [0, 0];
  for (let at = 0; at < expected.length; at++) {
    if (!counts(at)) continue;
    const [p, e] = [predicted[at] === label, expected[at] === label];
    if (p && e) both++;
    if (p || e) either++;
  }
  return both / either;
}

/** Mean of {@link intersectionOverUnion} over the classes that occur. */
export function meanIU(
  predicted: ArrayLike<number>,
  expected: ArrayLike<number>,
  classes: number,
  counts?: (at: number) => boolean,
): number {
  const scores = Array.from({ length: classes }, (_, label) =>
    intersectionOverUnion(predicted, expected, label, counts),
  ).filter((score) => !Number.isNaN(score));
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** True within `width` pixels of a change of label. */
export function boundaryBand(labels: tf.Tensor3D, width: number): Uint8Array {
  return tf.tidy(() => {
    const x = tf.cast(tf.expandDims(labels, 3), 'float32') as tf.Tensor4D;
    const side = 2 * width + 1;
    const high = tf.maxPool(x, side, 1, 'same');
    const low = tf.neg(tf.maxPool(tf.neg(x) as tf.Tensor4D, side, 1, 'same'));
    return Uint8Array.from(tf.cast(tf.notEqual(high, low), 'int32').dataSync());
  });
}
