import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { normalizeAxis } from '../activations/softmax.js';
import { customOp } from '../../gradients/custom-op.js';

/** For each element of `index`, the place in flattened x of the element with that coordinate along `axis`. */
function flatPlaces(name: string, x: tf.Tensor, axis: number, index: tf.Tensor): tf.Tensor1D {
  check(
    index.rank === x.rank && index.shape.every((size, i) => i === axis || size <= x.shape[i]!),
    () =>
      `${name}: an index of shape [${index.shape.join(', ')}] does not fit [${x.shape.join(', ')}] along axis ${axis}`,
  );
  const strides = x.shape.map((_, i) => x.shape.slice(i + 1).reduce((n, size) => n * size, 1));
  const base = new Int32Array(index.size);
  const inner = index.shape.map((_, i) => index.shape.slice(i + 1).reduce((n, size) => n * size, 1));
  for (let at = 0; at < base.length; at++) {
    let place = 0;
    for (let i = 0; i < index.rank; i++) {
      if (i !== axis) place += (Math.floor(at / inner[i]!) % index.shape[i]!) * strides[i]!;
    }
    base[at] = place;
  }
  const along = tf.mul(tf.reshape(tf.cast(index, 'int32'), [-1]), tf.scalar(strides[axis]!, 'int32'));
  return tf.add(along, tf.tensor1d(base, 'int32')) as tf.Tensor1D;
}

/**
 * Picks along an axis: out[i][j] = x[index[i][j]][j] for dim 0, and so on (torch.gather). The result has the shape of `index`.
 *
 * @throws InvalidArgumentError when the index does not fit x.
 */
export function gather(x: tf.Tensor, dim: number, index: tf.Tensor): tf.Tensor {
  const axis = normalizeAxis(dim, x);
  return scope(() => {
    const places = flatPlaces('gather', x, axis, index);
    return tf.reshape(tf.gather(tf.reshape(x, [x.size]), places), index.shape);
  });
}

/** x with src added at the indexed places along an axis (torch.scatter_add). `src` has the shape of `index`. */
export function scatterAdd(x: tf.Tensor, dim: number, index: tf.Tensor, src: tf.Tensor): tf.Tensor {
  const axis = normalizeAxis(dim, x);
  checkSource('scatterAdd', index, src);
  return scope(() => tf.add(x, scattered(flatPlaces('scatterAdd', x, axis, index), src, x.shape)));
}

/** x with the slices of src added at the indices [n] along an axis (torch.index_add). */
export function indexAdd(x: tf.Tensor, dim: number, index: tf.Tensor, src: tf.Tensor): tf.Tensor {
  const axis = normalizeAxis(dim, x);
  check(
    index.rank === 1 &&
      src.rank === x.rank &&
      src.shape.every((size, i) => size === (i === axis ? index.size : x.shape[i])),
    () => `indexAdd: slices [${src.shape.join(', ')}] at ${index.size} indices do not fit [${x.shape.join(', ')}]`,
  );
  return scope(() => {
    const shape = src.shape.map((size, i) => (i === axis ? size : 1));
    const index_ = tf.tile(
      tf.reshape(tf.cast(index, 'int32'), shape),
      src.shape.map((size, i) => (i === axis ? 1 : size)),
    );
    return scatterAdd(x, axis, index_, src);
  });
}

/**
 * Reduces src into the indexed places along an axis (torch.scatter_reduce). With `includeSelf` (default) the values of x take part;
 * otherwise they stay only where nothing arrives. Equal largest or smallest values share the gradient.
 */
export function scatterReduce(
  x: tf.Tensor,
  dim: number,
  index: tf.Tensor,
  src: tf.Tensor,
  reduce: 'sum' | 'mean' | 'amax' | 'amin',
  options: { includeSelf?: boolean } = {},
): tf.Tensor {
  const { includeSelf = true } = options;
  const axis = normalizeAxis(dim, x);
  checkSource('scatterReduce', index, src);
  return scope(() => {
    const places = flatPlaces('scatterReduce', x, axis, index);
    const count = scattered(places, tf.onesLike(src), x.shape);
    const self = includeSelf ? tf.onesLike(count) : tf.sub(1, tf.step(count));
    if (reduce === 'amax' || reduce === 'amin') return extreme(x, src, places, reduce === 'amax' ? 1 : -1, self);
    const sum = tf.add(tf.mul(x, self), scattered(places, src, x.shape));
    return reduce === 'sum' ? sum : tf.div(sum, tf.add(count, self));
  });
}

function checkSource(name: string, index: tf.Tensor, src: tf.Tensor): void {
  check(
    tf.util.arraysEqual(index.shape, src.shape),
    () => `${name}: values [${src.shape.join(', ')}] for an index of shape [${index.shape.join(', ')}]`,
  );
}

/** Sums of src by place, in this shape. */
function scattered(places: tf.Tensor1D, src: tf.Tensor, shape: number[]): tf.Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  return tf.reshape(tf.unsortedSegmentSum(tf.reshape(src, [src.size]), places, size), shape);
}

/** The largest (sign 1) or smallest (sign -1) of x, where `self` is 1, and the values of src by place. */
function extreme(x: tf.Tensor, src: tf.Tensor, places: tf.Tensor1D, sign: 1 | -1, self: tf.Tensor): tf.Tensor {
  const values = (x: tf.Tensor, src: tf.Tensor, places: tf.Tensor, self: tf.Tensor): tf.Tensor => {
    const own = self.dataSync();
    const best = Float32Array.from(x.dataSync(), (value, i) => (own[i] === 0 ? -Infinity : sign * value));
    const [at, source] = [places.dataSync(), src.dataSync()];
    for (let i = 0; i < source.length; i++) best[at[i]!] = Math.max(best[at[i]!]!, sign * source[i]!);
    return tf.tensor(
      best.map((value) => sign * value),
      x.shape,
      'float32',
    );
  };
  return customOp(
    [x, src, places, self],
    (x, src, places, self) => {
      const value = values(x!, src!, places!, self!);
      return { value, saved: [value] };
    },
    (dy, inputs, saved) => {
      const [x, src, places, self] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor1D, tf.Tensor];
      const y = saved?.[0] ?? values(x, src, places, self);
      const pick = (v: tf.Tensor): tf.Tensor => tf.reshape(tf.gather(tf.reshape(v, [v.size]), places), src.shape);
      const ownWins = tf.mul(tf.cast(tf.equal(x, y), 'float32'), self);
      const sourceWins = tf.cast(tf.equal(src, pick(y)), 'float32');
      const share = tf.div(dy, tf.add(ownWins, scattered(places, sourceWins, x.shape)));
      return [tf.mul(share, ownWins), tf.mul(pick(share), sourceWins), tf.zeros(places.shape), tf.zeros(self.shape)];
    },
  );
}
