import { check, type Generator } from '@hourglass/core';
import type { EdgeDecoder } from './decoder.js';
import { DistMultDecoder } from './dist-mult.js';
import { InnerProductDecoder } from './inner-product.js';
import { MlpDecoder } from './mlp.js';

/** Which decoder, as plain data. */
export type EdgeDecoderConfig =
  | { readonly type: 'inner-product' }
  | { readonly type: 'dist-mult'; readonly relations?: number }
  | { readonly type: 'mlp'; readonly hiddenChannels?: readonly number[]; readonly combine?: 'product' | 'concat' };

/** @throws InvalidArgumentError for an unknown type */
export function createEdgeDecoder(
  config: EdgeDecoderConfig,
  channels: number,
  random: { readonly generator?: Generator } = {},
): EdgeDecoder {
  const { type, ...options } = config;
  if (type === 'inner-product') return new InnerProductDecoder();
  if (config.type === 'dist-mult') return new DistMultDecoder(channels, config.relations, random);
  check(type === 'mlp', () => `unknown decoder ${JSON.stringify(type)}; known are inner-product, dist-mult, mlp`);
  return new MlpDecoder(channels, { ...options, ...random });
}
