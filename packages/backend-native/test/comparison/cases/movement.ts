import * as tf from '@tensorflow/tfjs-core';
import { exact, type Case, type Draw, type Family, type Given, type Shape, type Type } from '../case.js';

const types: readonly Type[] = ['float32', 'int32', 'bool'];

function list(tensors: readonly Given[]): Case['inputs'] {
  return Object.fromEntries(tensors.map((x, i) => [String(i), x]));
}

/** A shape with one size changed. */
function withSize(shape: Shape, axis: number, size: number): number[] {
  return shape.map((own, at) => (at === axis ? size : own));
}

function shuffled(draw: Draw, rank: number): number[] {
  const order = Array.from({ length: rank }, (_, i) => i);
  for (let i = rank - 1; i > 0; i--) {
    const j = draw.integer(0, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 24; i++) {
    const dtype = types[i % 3]!;
    const shape = i === 0 ? [70001] : i === 1 ? [260, 270] : draw.shape(draw.integer(1, 6), 1500);
    const rank = shape.length;
    const given = (at: Shape = shape): Given => draw.given(at, dtype, [-99, 99]);
    const x = given();
    const axis = draw.integer(0, rank);
    const tolerance = exact;
    yield { kernel: tf.ZerosLike, inputs: { x }, tolerance };
    yield { kernel: tf.OnesLike, inputs: { x }, tolerance };
    yield { kernel: tf.Fill, inputs: {}, attrs: { shape, value: draw.integer(0, 2), dtype }, tolerance };
    yield { kernel: tf.Transpose, inputs: { x }, attrs: { perm: shuffled(draw, rank) }, tolerance };
    yield { kernel: tf.Reverse, inputs: { x }, attrs: { dims: shuffled(draw, rank).slice(axis) }, tolerance };
    const reps = shape.map(() => (i < 2 ? 1 : draw.integer(1, 3)));
    yield { kernel: tf.Tile, inputs: { x }, attrs: { reps }, tolerance };
    const begin = shape.map((size) => draw.integer(0, size + 1));
    const size = shape.map((n, at) => draw.integer(0, n - begin[at]! + 1));
    yield { kernel: tf.Slice, inputs: { x }, attrs: { begin, size }, tolerance };
    const strides = shape.map(() => draw.pick([1, 2, 3]));
    const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
    const end = shape.map((n) => n);
    yield { kernel: tf.StridedSlice, inputs: { x }, attrs: { begin, end, strides, ...masks }, tolerance };
    const paddings = shape.map(() => [draw.integer(0, 3), draw.integer(0, 3)]);
    yield { kernel: tf.PadV2, inputs: { x }, attrs: { paddings, constantValue: 1 }, tolerance };
    if (!shape.includes(0)) {
      const mode = draw.pick(['reflect', 'symmetric']);
      const most = mode === 'reflect' ? 1 : 0;
      const mirrored = shape.map((n) =>
        [draw.integer(0, n - most + 1), draw.integer(0, n - most + 1)].map((p) => Math.min(p, 4)),
      );
      yield { kernel: tf.MirrorPad, inputs: { x }, attrs: { paddings: mirrored, mode }, tolerance };
    }
    const parts = Array.from({ length: draw.integer(1, 5) }, () => given(withSize(shape, axis, draw.integer(1, 5))));
    yield { kernel: tf.Concat, inputs: list(parts), attrs: { axis }, tolerance };
    yield {
      kernel: tf.Pack,
      inputs: list([x, given(), given()]),
      attrs: { axis: draw.integer(0, rank + 1) },
      tolerance,
    };
    const sizes = Array.from({ length: draw.integer(1, 4) }, () => draw.integer(1, 4));
    const total = sizes.reduce((a, b) => a + b, 0);
    const whole = given(withSize(shape, axis, total));
    yield { kernel: tf.SplitV, inputs: { x: whole }, attrs: { numOrSizeSplits: sizes, axis }, tolerance };
    const few = given(withSize(shape, axis, draw.integer(1, 6)));
    yield { kernel: tf.Unpack, inputs: { value: few }, attrs: { axis }, tolerance };
    if (shape[axis]! > 0) {
      const indices = draw.given(draw.shape(draw.integer(1, 3), 20), 'int32', [0, shape[axis]!]);
      yield { kernel: tf.GatherV2, inputs: { x, indices }, attrs: { axis, batchDims: 0 }, tolerance };
    }
    const block = draw.integer(1, 4);
    const picture = [draw.integer(1, 3), draw.integer(1, 5), draw.integer(1, 5), block * block * draw.integer(1, 4)];
    const toSpace = { blockSize: block, dataFormat: 'NHWC' };
    yield { kernel: tf.DepthToSpace, inputs: { x: given(picture) }, attrs: toSpace, tolerance };
    const blockShape = [block, draw.integer(1, 3)];
    const blocks = [2, block * draw.integer(1, 4), blockShape[1]! * draw.integer(1, 4), 3];
    const none = [
      [0, 0],
      [0, 0],
    ];
    yield {
      kernel: tf.SpaceToBatchND,
      inputs: { x: given(blocks) },
      attrs: {
        blockShape,
        paddings: [
          [0, block],
          [0, 0],
        ],
      },
      tolerance,
    };
    const batches = given([2 * block * blockShape[1]!, 3, 2, 3]);
    yield { kernel: tf.BatchToSpaceND, inputs: { x: batches }, attrs: { blockShape, crops: none }, tolerance };
  }
}

export default cases satisfies Family;
