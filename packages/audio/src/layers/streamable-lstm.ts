import { LSTM, Module, scope, type Generator } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { Held, type LayerStream, type Streamable } from './streaming.js';

/** LSTM layers over time with a way past them; names as in EnCodec: `lstm`. */
export class StreamableLSTM extends Module implements Streamable {
  readonly lstm: LSTM;

  constructor(
    width: number,
    options: { readonly numLayers?: number; readonly generator?: Generator | undefined } = {},
  ) {
    super();
    const { numLayers = 2, generator } = options;
    this.lstm = new LSTM(width, width, { numLayers, batchFirst: true, ...(generator && { generator }) });
  }

  /** x [N, time, width]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(this.lstm.forward(x).output, x));
  }

  stream(): LayerStream {
    return new LSTMStream(this.lstm);
  }
}

class LSTMStream implements LayerStream {
  readonly #lstm: LSTM;
  readonly #h = new Held();
  readonly #c = new Held();

  constructor(lstm: LSTM) {
    this.#lstm = lstm;
  }

  push(x: tf.Tensor | null): tf.Tensor | null {
    if (x === null) return null;
    return scope(() => {
      const [before, cells] = [this.#h.value, this.#c.value];
      const { output, h, c } = this.#lstm.forward(x, before === null || cells === null ? {} : { h: before, c: cells });
      this.#h.set(h);
      this.#c.set(c);
      return tf.add(output, x);
    });
  }

  dispose(): void {
    this.#h.dispose();
    this.#c.dispose();
  }
}
