import * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';
import { checkSameSize, type RgbImage, type SegmentationExample } from './image.js';
import { checkPreprocessing, imagenetPreprocessing, normaliseImage, type Preprocessing } from './preprocessing.js';

/** What a segmentation network trains on. The caller disposes both. */
export interface SegmentationBatch {
  /** float32 [N, H, W, 3], normalised. */
  readonly image: tf.Tensor4D;
  /** int32 [N, H, W], class ids. */
  readonly mask: tf.Tensor3D;
}

/** Pictures of one size as a float32 tensor [N, H, W, 3], normalised. */
export function imagesToTensor(
  images: readonly RgbImage[],
  preprocessing: Preprocessing = imagenetPreprocessing,
): tf.Tensor4D {
  checkPreprocessing(preprocessing);
  const first = images[0];
  check(first !== undefined, 'a batch needs at least one picture');
  const { width, height } = first;
  const values = new Float32Array(images.length * height * width * 3);
  for (const [n, image] of images.entries()) {
    check(
      image.width === width && image.height === height,
      () =>
        `pictures of one batch must have one size: ${width} × ${height} and ${image.width} × ${image.height}; fit or crop them first`,
    );
    normaliseImage(image, preprocessing, values, n * height * width * 3);
  }
  return tf.tensor4d(values, [images.length, height, width, 3], 'float32');
}

/** Examples of one size as a batch of tensors. */
export function collateSegmentation(
  examples: readonly SegmentationExample[],
  preprocessing: Preprocessing = imagenetPreprocessing,
): SegmentationBatch {
  for (const { image, mask } of examples) checkSameSize(image, mask);
  const image = imagesToTensor(
    examples.map(({ image }) => image),
    preprocessing,
  );
  const [count, height, width] = image.shape;
  const ids = new Int32Array(count * height * width);
  for (const [n, { mask }] of examples.entries()) ids.set(mask.data, n * height * width);
  return { image, mask: tf.tensor3d(ids, [count, height, width], 'int32') };
}
