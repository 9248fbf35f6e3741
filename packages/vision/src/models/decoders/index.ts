import { deeplabv3Family, deeplabv3PlusFamily, type DeepLabDecoderOptions } from './deeplabv3.js';
import type { DecoderFamily } from './decoder.js';
import { fcnFamily, type FCNDecoderOptions } from './fcn.js';
import { fpnFamily, type FPNDecoderOptions } from './fpn.js';
import { linknetFamily, type LinkNetDecoderOptions } from './linknet.js';
import { manetFamily, type MANetDecoderOptions } from './manet.js';
import { panFamily, type PANDecoderOptions } from './pan.js';
import { pspnetFamily, type PSPDecoderOptions } from './pspnet.js';
import { segformerFamily, type SegFormerDecoderOptions } from './segformer.js';
import { unetFamily, type UNetDecoderOptions } from './unet.js';
import { unetPlusPlusFamily, type UNetPlusPlusDecoderOptions } from './unetplusplus.js';
import { upernetFamily, type UPerNetDecoderOptions } from './upernet.js';

/** Options of each architecture's decoder. */
export interface DecoderOptions {
  unet: UNetDecoderOptions;
  unetplusplus: UNetPlusPlusDecoderOptions;
  deeplabv3: DeepLabDecoderOptions;
  deeplabv3plus: DeepLabDecoderOptions;
  fpn: FPNDecoderOptions;
  linknet: LinkNetDecoderOptions;
  pspnet: PSPDecoderOptions;
  pan: PANDecoderOptions;
  manet: MANetDecoderOptions;
  upernet: UPerNetDecoderOptions;
  segformer: SegFormerDecoderOptions;
  fcn: FCNDecoderOptions;
}

export type Architecture = keyof DecoderOptions;

/** The decoders by the name of their architecture. */
export const decoderFamilies: { readonly [A in Architecture]: DecoderFamily<DecoderOptions[A]> } = {
  unet: unetFamily,
  unetplusplus: unetPlusPlusFamily,
  deeplabv3: deeplabv3Family,
  deeplabv3plus: deeplabv3PlusFamily,
  fpn: fpnFamily,
  linknet: linknetFamily,
  pspnet: pspnetFamily,
  pan: panFamily,
  manet: manetFamily,
  upernet: upernetFamily,
  segformer: segformerFamily,
  fcn: fcnFamily,
};

/** Names of all architectures. */
export const architectures = Object.keys(decoderFamilies) as Architecture[];

export type * from './decoder.js';
export * from './deeplabv3.js';
export * from './fcn.js';
export * from './fpn.js';
export * from './linknet.js';
export * from './manet.js';
export * from './pan.js';
export * from './pspnet.js';
export * from './segformer.js';
export * from './unet.js';
export * from './unetplusplus.js';
export * from './upernet.js';
