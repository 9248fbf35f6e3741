import * as tf from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  check,
  Conv2d,
  Dropout,
  Module,
  ModuleList,
  ReLU,
  scope,
  Sequential,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import { SeparableConv2d } from './separable-conv.js';

export interface ASPPOptions {
  /** Dilations of the 3×3 branches. */
  readonly atrousRates: readonly number[];
  /** Depthwise separable 3×3 branches (DeepLabV3+). Default false. */
  readonly separable?: boolean;
  /** Default 0.5. */
  readonly dropout?: number;
  readonly generator?: Generator | undefined;
}

/** Image-level pooling: the mean of the whole map, put back everywhere. */
class ASPPPooling extends Sequential {
  constructor(inChannels: number, outChannels: number, generator: Generator | undefined) {
    super(
      new AdaptiveAvgPool2d(1),
      new Conv2d(inChannels, outChannels, { kernelSize: 1, bias: false, ...(generator && { generator }) }),
      new BatchNorm2d(outChannels),
      new ReLU(),
    );
  }

  override forward(x: tf.Tensor): tf.Tensor {
    const [, height, width] = x.shape as [number, number, number, number];
    // interpolating one pixel repeats it; the gradient of an addition is quicker than that of tile
    return scope(() => tf.add(super.forward(x), tf.zeros([1, height, width, 1])));
  }
}

/**
 * Atrous spatial pyramid pooling (DeepLabV3, Chen et al. 2017, arXiv 1706.05587): a 1×1 branch, 3×3 branches with growing dilation
 * and image-level pooling, concatenated and projected. [N, H, W, in] to [N, H, W, out].
 */
export class ASPP extends Module {
  readonly convs: ModuleList<UnaryModule>;
  readonly project: Sequential;

  constructor(inChannels: number, outChannels: number, options: ASPPOptions) {
    super();
    const { atrousRates, separable = false, dropout = 0.5, generator } = options;
    check(
      atrousRates.length > 0 && atrousRates.every((rate) => Number.isInteger(rate) && rate > 0),
      () => `atrous rates must be positive integers, got ${JSON.stringify(atrousRates)}`,
    );
    const shared = { bias: false, ...(generator && { generator }) };
    const branch = (conv: UnaryModule): Sequential => new Sequential(conv, new BatchNorm2d(outChannels), new ReLU());
    const Conv = separable ? SeparableConv2d : Conv2d;
    this.convs = new ModuleList<UnaryModule>([
      branch(new Conv2d(inChannels, outChannels, { kernelSize: 1, ...shared })),
      ...atrousRates.map((rate) =>
        branch(new Conv(inChannels, outChannels, { kernelSize: 3, padding: rate, dilation: rate, ...shared })),
      ),
      new ASPPPooling(inChannels, outChannels, generator),
    ]);
    this.project = new Sequential(
      new Conv2d(this.convs.length * outChannels, outChannels, { kernelSize: 1, ...shared }),
      new BatchNorm2d(outChannels),
      new ReLU(),
      new Dropout(dropout, generator && { generator }),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() =>
      this.project.forward(
        tf.concat(
          Array.from(this.convs, (conv) => conv.forward(x)),
          3,
        ),
      ),
    );
  }
}
