import * as tf from '@tensorflow/tfjs-core';

/**
 * TFJS's tape takes gradients of dtype float32 only, so the gradient of a complex tensor (∂L/∂re + i ∂L/∂im, as in
 * PyTorch) travels as a float32 handle on complex data. It must not be used as numbers before it is opened; the kernels
 * that may meet one are Add (the tape sums gradients), Identity and Reshape (which only pass the data on).
 */
const carried = new WeakSet<object>();

function alias(x: tf.Tensor, dtype: 'float32' | 'complex64'): tf.Tensor {
  tf.backend().incRef(x.dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId: x.dataId, shape: x.shape, dtype });
}

export function carryComplex(gradient: tf.Tensor): tf.Tensor {
  carried.add(gradient.dataId);
  return alias(gradient, 'float32');
}

export function isCarried(x: tf.TensorInfo): boolean {
  return x.dtype === 'float32' && carried.has(x.dataId);
}

/** The complex tensor behind a handle; an ordinary gradient becomes its real part. */
export function openComplex(gradient: tf.Tensor): tf.Tensor {
  return isCarried(gradient) ? alias(gradient, 'complex64') : tf.complex(gradient, tf.zerosLike(gradient));
}

/** A linear function of a gradient that may be a handle, of both parts alike. */
export function byParts(gradient: tf.Tensor, linear: (part: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (!isCarried(gradient)) return linear(gradient);
  const z = openComplex(gradient);
  return carryComplex(tf.complex(linear(tf.real(z)), linear(tf.imag(z))));
}
