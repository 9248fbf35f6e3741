import * as tf from '@tensorflow/tfjs-core';
import { differentiable, type Backward, type Gradients } from '../differentiable.js';
import type { Kernel } from '../own.js';
import { SelectiveScan, SelectiveScanGrad, type SelectiveScanAttrs, type SelectiveScanInputs } from './spec.js';

type Scan = Kernel<SelectiveScanInputs, SelectiveScanAttrs>;
type Given = Pick<Backward<SelectiveScanInputs, SelectiveScanAttrs>, 'inputs' | 'attrs'>;

function gradients(
  { inputs, attrs }: Given,
  dy: tf.Tensor,
  dstate: tf.Tensor | null,
  kept: tf.Tensor,
): Gradients<SelectiveScanInputs> {
  const [u, delta, A, B, C, ...others] = SelectiveScanGrad.run({ ...inputs, dy, dstate, kept }, attrs);
  const optional = (['D', 'z', 'deltaBias', 'initialState'] as const).filter((name) => inputs[name] != null);
  return { u, delta, A, B, C, ...Object.fromEntries(optional.map((name, i) => [name, others[i]])) };
}

/** {@link SelectiveScan} as an operation with gradients: y alone. */
export const selectiveScanOutput = differentiable(SelectiveScan, [], ({ dy, outputs, ...given }) =>
  gradients(given, dy, null, outputs[2]!),
);

/** y and the last state as one list of numbers, because an operation with its own gradient has one output. */
const joined: Scan = {
  ...SelectiveScan,
  run(inputs, attrs) {
    const [y, state, kept] = SelectiveScan.run(inputs, attrs) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return [tf.concat([tf.reshape(y, [y.size]), tf.reshape(state, [state.size])]), kept];
  },
};

const scanJoined = differentiable(joined, [], ({ dy, outputs, ...given }) => {
  const { u, A } = given.inputs;
  const shape = [u.shape[0]!, u.shape[2]!, A.shape[1]!];
  const [dyOwn, dstate] = tf.split(dy, [u.size, tf.util.sizeFromShape(shape)]) as [tf.Tensor, tf.Tensor];
  return gradients(given, tf.reshape(dyOwn, u.shape), tf.reshape(dstate, shape), outputs[1]!);
});

/** {@link selectiveScanOutput} with the last state, through which gradients flow too. */
export function selectiveScanStates(inputs: SelectiveScanInputs, attrs: SelectiveScanAttrs): [tf.Tensor, tf.Tensor] {
  const { u, A } = inputs;
  const shape = [u.shape[0]!, u.shape[2]!, A.shape[1]!];
  const both = scanJoined(inputs, attrs);
  const [y, state] = tf.split(both, [u.size, tf.util.sizeFromShape(shape)]) as [tf.Tensor, tf.Tensor];
  return [tf.reshape(y, u.shape), tf.reshape(state, shape)];
}
