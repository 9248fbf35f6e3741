import type { Watch } from '@hourglass/core';
import type { LabelMask } from '../data/image.js';
import { resizeImage, resizeMask } from '../data/resample.js';
import { overlay } from '../data/overlay.js';
import type { SegmentationModel } from '../models/segmentation.js';
import { predictMask } from '../prediction/predict-mask.js';
import { networkSize, predictLabels } from '../training/predict.js';
import { decodeImage } from './decode-image.js';
import { encodePng } from './encode.js';

/** Progress is in tiles. */
export interface PredictFileOptions extends Watch {
  /** Where the mask goes: a grey PNG of class ids. */
  readonly mask?: string;
  /** Where a picture with the mask laid over it goes. */
  readonly overlay?: string;
  /** Pictures that are longer than this at the network's scale go through in tiles of this size. Default 1024. */
  readonly tile?: number;
  /** Also predicts the mirrored picture and takes the mean; goes through in tiles. */
  readonly flip?: boolean;
}

/**
 * Predicts the mask of a picture file, at the picture's own size.
 * @throws FileError when the file cannot be read or a result not be written.
 */
export async function predictFile(
  model: SegmentationModel,
  path: string,
  options: PredictFileOptions = {},
): Promise<LabelMask> {
  const { tile = 1024, flip = false, mask: maskPath, overlay: overlayPath, ...watch } = options;
  const { setup } = model;
  const image = await decodeImage(path);
  const through = networkSize(image, setup.size);
  let mask: LabelMask;
  if (!flip && Math.max(through.width, through.height) <= tile) [mask] = predictLabels(model, [image]) as [LabelMask];
  else {
    const isSame = through.width === image.width && through.height === image.height;
    const predicted = await predictMask(model, isSame ? image : resizeImage(image, through), {
      tile,
      flip,
      preprocessing: setup.preprocessing,
      stride: model.encoder.outputStride,
      ...watch,
    });
    mask = isSame ? predicted.mask : resizeMask(predicted.mask, image);
  }
  if (maskPath !== undefined) await encodePng(mask, maskPath);
  if (overlayPath !== undefined) await encodePng(overlay(image, mask, setup.palette), overlayPath);
  return mask;
}
