import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv1d,
  GELU,
  GLU,
  GroupNorm,
  Module,
  ModuleList,
  scope,
  Sequential,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import { LayerScale } from '../../../layers/index.js';
import { BLSTM } from './blstm.js';
import { LocalState } from './local-state.js';

export interface DConvOptions {
  /** Blocks; negative for as many without dilation. */
  readonly depth: number;
  /** How many times narrower a block is. */
  readonly compress: number;
  /** First factor of a block. */
  readonly init: number;
  readonly lstm: boolean;
  readonly attn: boolean;
  readonly generator?: Generator;
}

/** Residual blocks of dilated convolutions over time, in a narrow space, some with memory and attention. */
export class DConv extends Module implements UnaryModule {
  readonly layers: ModuleList<Sequential>;

  constructor(channels: number, { depth, compress, init, lstm, attn, generator }: DConvOptions) {
    super();
    const hidden = Math.trunc(channels / compress);
    check(hidden >= 1, () => `HDemucs: dconvComp ${compress} leaves nothing of ${channels} channels`);
    this.layers = new ModuleList(
      Array.from({ length: Math.abs(depth) }, (_, block) => {
        const dilation = depth > 0 ? 2 ** block : 1;
        return new Sequential(
          new Conv1d(channels, hidden, { kernelSize: 3, dilation, padding: dilation, generator }),
          new GroupNorm(1, hidden),
          new GELU(),
          ...(lstm ? [new BLSTM(hidden, generator)] : []),
          ...(attn ? [new LocalState(hidden, 4, 4, generator)] : []),
          new Conv1d(hidden, 2 * channels, { kernelSize: 1, generator }),
          new GroupNorm(1, 2 * channels),
          new GLU(),
          new LayerScale(channels, init),
        );
      }),
    );
  }

  /** x [N, steps, channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => [...this.layers].reduce((y, layer) => tf.add(y, layer.forward(y)), tf.clone(x)));
  }
}
