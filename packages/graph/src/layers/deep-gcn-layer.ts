import * as tf from '@tensorflow/tfjs-core';
import { Dropout, Module, scope, type Generator, type UnaryModule } from '@hourglass/core';

/** A module of features and whatever else a convolution takes. */
export interface ConvolutionModule<Rest extends readonly unknown[]> extends Module {
  forward(x: tf.Tensor, ...rest: Rest): tf.Tensor;
}

export interface DeepGCNLayerOptions {
  readonly norm?: UnaryModule | null;
  readonly act?: UnaryModule | null;
  /**
   * `res+` norms and activates before the convolution and adds the input; the others norm and activate behind it, and add the input
   * (`res`), put it beside (`dense`), or leave it (`plain`). Default `res+`.
   */
  readonly block?: 'res+' | 'res' | 'dense' | 'plain';
  /** Probability of dropping a value. Default 0. */
  readonly dropout?: number;
  readonly generator?: Generator | undefined;
}

/** A convolution with a skip connection, for deep networks (Li et al. 2019, arXiv:1904.03751, and 2020, arXiv:2006.07739). */
export class DeepGCNLayer<Rest extends readonly unknown[]> extends Module {
  readonly norm: UnaryModule | null;
  readonly act: UnaryModule | null;
  readonly block: 'res+' | 'res' | 'dense' | 'plain';
  readonly dropout: Dropout;

  constructor(
    readonly conv: ConvolutionModule<Rest>,
    options: DeepGCNLayerOptions = {},
  ) {
    super();
    const { norm = null, act = null, block = 'res+', dropout = 0, generator } = options;
    this.norm = norm;
    this.act = act;
    this.block = block;
    this.dropout = new Dropout(dropout, { generator });
  }

  /**
   * @param x float32 [nodes, width]
   * @param rest what the convolution takes besides
   * @returns float32 [nodes, width of the convolution]; wider by x's width with `dense`
   */
  forward(x: tf.Tensor, ...rest: Rest): tf.Tensor {
    return scope(() => {
      if (this.block === 'res+') {
        return tf.add(x, this.conv.forward(this.dropout.forward(this.normAndAct(x)), ...rest));
      }
      const y = this.normAndAct(this.conv.forward(x, ...rest));
      const joined = this.block === 'res' ? tf.add(x, y) : this.block === 'dense' ? tf.concat([x, y], -1) : y;
      return this.dropout.forward(joined);
    });
  }

  /** The norm and the activation alone, which `res+` networks apply once more behind the last layer. */
  normAndAct(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const normed = this.norm?.forward(x) ?? tf.clone(x);
      return this.act?.forward(normed) ?? normed;
    });
  }
}
