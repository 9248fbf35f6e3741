import * as tf from '@tensorflow/tfjs-core';

/** The part of TFJS's engine that copies what the backward pass needs. */
interface Saving {
  saveTensorsForBackwardMode?(tensors: tf.Tensor[]): tf.Tensor[];
}

/**
 * Another tensor of the same numbers, which outlasts every scope, made without an operation: TFJS's way runs a kernel and
 * notes a node on the tape for it, a third to a half of all kernels in a training step.
 */
export function sharing(tensor: tf.Tensor): tf.Tensor {
  const engine = tf.engine();
  const { dataId, shape, dtype } = tensor;
  const { backend } = engine.state.tensorInfo.get(dataId)!;
  if (dtype === 'complex64' || dtype === 'string') return tf.keep(tf.clone(tensor));
  const shared = engine.makeTensorFromTensorInfo({ dataId, shape, dtype }, backend);
  backend.incRef(dataId);
  return tf.keep(shared);
}

/** Whether a tensor was made in the present scope, which will free it; any other belongs to someone else. */
export function isOfThisScope(tensor: tf.Tensor): boolean {
  return !tensor.kept && tensor.scopeId === tf.engine().state.activeScope?.id;
}

/**
 * Whether what an operation that begins now saves may be {@link sharing}: the nodes that TFJS notes for its copies serve gradients of gradients
 * only, which see through them that a copy is a function of the inputs.
 */
export function savesBySharing(): boolean {
  const engine = tf.engine();
  return engine.isTapeOn() && engine.state.gradientDepth === 1;
}

/** Runs `fn`; what TFJS saves for the backward pass of its operations meanwhile is saved by {@link sharing}. */
export function savingWithoutNodes<T>(fn: () => T): T {
  const engine = tf.engine() as unknown as Saving;
  const isInside = Object.hasOwn(engine, 'saveTensorsForBackwardMode');
  const usual = engine.saveTensorsForBackwardMode!;
  engine.saveTensorsForBackwardMode = function (tensors) {
    // from inside the operation
    return tf.engine().state.gradientDepth === 1 ? tensors.map(sharing) : usual.call(this, tensors);
  };
  try {
    return fn();
  } finally {
    if (isInside) engine.saveTensorsForBackwardMode = usual;
    // the class's own again
    else delete engine.saveTensorsForBackwardMode;
  }
}
