import { Conv2d, Sequential, type Generator } from '@hourglass/core';

export interface SeparableConv2dOptions {
  readonly kernelSize: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  /** Bias of the pointwise convolution; the depthwise one has none. Default true. */
  readonly bias?: boolean;
  readonly generator?: Generator | undefined;
}

/** Depthwise convolution `0`, then pointwise `1`. [N, H, W, in] to [N, H', W', out]. */
export class SeparableConv2d extends Sequential {
  constructor(inChannels: number, outChannels: number, options: SeparableConv2dOptions) {
    const { bias = true, generator, ...spatial } = options;
    const shared = generator && { generator };
    super(
      new Conv2d(inChannels, inChannels, { ...spatial, groups: inChannels, bias: false, ...shared }),
      new Conv2d(inChannels, outChannels, { kernelSize: 1, bias, ...shared }),
    );
  }
}
