import { Conv2d, ReLU, Sequential, type Generator } from '@hourglass/core';
import { createNorm, normSettings, type NormSpec } from './norm.js';

export interface Conv2dReLUOptions {
  readonly kernelSize: number;
  readonly padding?: number;
  readonly stride?: number;
  /** Default batch norm. Without one the convolution has a bias. */
  readonly norm?: NormSpec;
  readonly generator?: Generator | undefined;
}

/** Convolution `0`, norm `1`, ReLU `2`. [N, H, W, in] to [N, H', W', out]. */
export class Conv2dReLU extends Sequential {
  constructor(inChannels: number, outChannels: number, options: Conv2dReLUOptions) {
    const { kernelSize, padding = 0, stride = 1, norm = true, generator } = options;
    const bias = normSettings(norm).type === 'identity';
    super(
      new Conv2d(inChannels, outChannels, { kernelSize, padding, stride, bias, ...(generator && { generator }) }),
      createNorm(norm, outChannels),
      new ReLU(),
    );
  }
}
