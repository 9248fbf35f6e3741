import { differentiable } from '../differentiable.js';
import { GruScan, GruScanGradient, LstmScan, LstmScanGradient, RnnScan, RnnScanGradient } from './spec.js';

/** {@link RnnScan} as an operation with gradients. */
export const rnnOverTime = differentiable(RnnScan, [], ({ dy, inputs: { weight, h0 }, outputs, attrs }) => {
  const [gates, dweight, dh0] = RnnScanGradient.run({ dy, states: outputs[0]!, weight, h0 }, attrs);
  return { gates, weight: dweight, h0: dh0 };
});

/** {@link GruScan} as an operation with gradients. */
export const gruOverTime = differentiable(GruScan, [], ({ dy, inputs: { weight, h0 }, outputs }) => {
  const [states, trace] = outputs;
  const [gates, dweight, bias, dh0] = GruScanGradient.run({ dy, states: states!, trace: trace!, weight, h0 }, {});
  return { gates, weight: dweight, bias, h0: dh0 };
});

/** {@link LstmScan} as an operation with gradients: h and c of every step beside each other. */
export const lstmOverTime = differentiable(LstmScan, [], ({ dy, inputs, outputs }) => {
  const [states, trace] = outputs;
  const { gates: _, ...others } = inputs;
  const given = { dy, states: states!, trace: trace!, ...others };
  const [gates, weight, h0, c0, projection] = LstmScanGradient.run(given, {});
  return { gates, weight, h0, c0, projection };
});
