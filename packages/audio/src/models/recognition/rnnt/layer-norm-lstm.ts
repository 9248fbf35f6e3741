import * as tf from '@tensorflow/tfjs-core';
import { Identity, LayerNorm, Linear, Module, scope, type Generator, type UnaryModule } from '@hourglass/core';

/** What an LSTM carries on: both float32 [N, hidden]. */
export interface LstmState {
  readonly h: tf.Tensor;
  readonly c: tf.Tensor;
}

/**
 * An LSTM whose gates and cell are normalised (Ba et al. 2016, arXiv:1607.06450), where so set; with torchaudio's parameter names. The
 * normalised cell is what is carried on.
 */
export class LayerNormLstm extends Module {
  readonly x2g: Linear;
  readonly p2g: Linear;
  readonly c_norm: UnaryModule;
  readonly g_norm: UnaryModule;

  constructor(
    inputDim: number,
    readonly hiddenDim: number,
    options: { layerNorm?: boolean; layerNormEpsilon?: number; generator?: Generator | undefined } = {},
  ) {
    super();
    const { layerNorm = false, layerNormEpsilon: eps = 1e-5, generator } = options;
    this.x2g = new Linear(inputDim, 4 * hiddenDim, { bias: !layerNorm, generator });
    this.p2g = new Linear(hiddenDim, 4 * hiddenDim, { bias: false, generator });
    this.c_norm = layerNorm ? new LayerNorm(hiddenDim, { eps }) : new Identity();
    this.g_norm = layerNorm ? new LayerNorm(4 * hiddenDim, { eps }) : new Identity();
  }

  /** @param x float32 [N, U, inputDim] @returns float32 [N, U, hidden], and the state behind the last step */
  forward(x: tf.Tensor, state: LstmState | null = null): { output: tf.Tensor; state: LstmState } {
    return scope(() => {
      const n = x.shape[0]!;
      let { h, c } = state ?? { h: tf.zeros([n, this.hiddenDim]), c: tf.zeros([n, this.hiddenDim]) };
      const outputs: tf.Tensor[] = [];
      for (const input of tf.unstack(this.x2g.forward(x), 1)) {
        const gates = this.g_norm.forward(tf.add(input, this.p2g.forward(h)));
        const [i, f, g, o] = tf.split(gates, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        c = this.c_norm.forward(tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g))));
        h = tf.mul(tf.sigmoid(o), tf.tanh(c));
        outputs.push(h);
      }
      if (outputs.length === 0)
        return { output: tf.zeros([n, 0, this.hiddenDim]), state: { h: tf.clone(h), c: tf.clone(c) } };
      return { output: tf.stack(outputs, 1), state: { h, c } };
    });
  }
}
