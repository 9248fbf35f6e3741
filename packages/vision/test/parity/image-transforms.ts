import * as tf from '@tensorflow/tfjs-core';
import { opAdapter, type ParityCase, type Runnable } from '@hourglass/core/testing';
import { transforms } from '@hourglass/vision';

type Args = Readonly<Record<string, unknown>>;

/** Runs a transform of NHWC pictures on the reference's NCHW ones. */
function pictures(run: (x: tf.Tensor4D, args: Args) => tf.Tensor4D): (parityCase: ParityCase) => Runnable {
  return ({ args }) => ({
    forward(inputs) {
      const [x] = Object.values(inputs) as [tf.Tensor];
      const batched = x.rank === 3 ? tf.expandDims(x, 0) : x;
      const y = tf.transpose(run(tf.transpose(batched, [0, 2, 3, 1]) as tf.Tensor4D, args), [0, 3, 1, 2]);
      return { y: x.rank === 3 ? tf.squeeze(y, [0]) : y };
    },
  });
}

/** Python's arguments are checked by the transforms themselves. */
function arg<T>(args: Args, name: string): T {
  return args[name] as T;
}

function optional<T>(args: Args, name: string): T | undefined {
  return (args[name] ?? undefined) as T | undefined;
}

type Numbers = readonly number[];

function warpOptions(args: Args) {
  const interpolation = optional<'nearest' | 'bilinear'>(args, 'interpolation');
  const fill = optional<number | Numbers>(args, 'fill');
  const center = optional<transforms.Point>(args, 'center');
  return {
    ...(interpolation === undefined ? {} : { interpolation }),
    ...(fill === undefined ? {} : { fill }),
    ...(center === undefined ? {} : { center }),
  };
}

function sides(padding: number | Numbers): number | transforms.Padding {
  if (typeof padding === 'number') return padding;
  const [left = 0, top = left, right = left, bottom = top] = padding;
  return { left, top, right, bottom };
}

function resizeOptions(args: Args): transforms.ResizeOptions {
  const maxSize = optional<number>(args, 'max_size');
  return {
    interpolation: optional<transforms.Interpolation>(args, 'interpolation') ?? 'bilinear',
    antialias: optional<boolean>(args, 'antialias') ?? true,
    ...(maxSize === undefined ? {} : { maxSize }),
  };
}

const flipAcross = pictures((x) => transforms.horizontalFlip(x));
const flipDown = pictures((x) => transforms.verticalFlip(x));

export const adapters = [
  opAdapter({
    resize: pictures((x, args) => transforms.resize(x, arg(args, 'size'), resizeOptions(args))),
    resized_crop: pictures((x, args) =>
      transforms.resize(
        transforms.crop(x, arg(args, 'top'), arg(args, 'left'), arg(args, 'height'), arg(args, 'width')),
        arg(args, 'size'),
        resizeOptions(args),
      ),
    ),
    center_crop: pictures((x, args) => transforms.centerCrop(x, arg(args, 'output_size'))),
    crop: pictures((x, args) =>
      transforms.crop(x, arg(args, 'top'), arg(args, 'left'), arg(args, 'height'), arg(args, 'width')),
    ),
    hflip: flipAcross,
    horizontal_flip: flipAcross,
    vflip: flipDown,
    vertical_flip: flipDown,
    normalize: pictures((x, args) => transforms.normalize(x, arg(args, 'mean'), arg(args, 'std'))),
    pad: pictures((x, args) =>
      transforms.pad(x, sides(arg(args, 'padding')), {
        fill: optional<number | Numbers>(args, 'fill') ?? 0,
        mode: optional<transforms.PaddingMode>(args, 'padding_mode') ?? 'constant',
      }),
    ),
    adjust_brightness: pictures((x, args) => transforms.adjustBrightness(x, arg(args, 'brightness_factor'))),
    adjust_contrast: pictures((x, args) => transforms.adjustContrast(x, arg(args, 'contrast_factor'))),
    adjust_saturation: pictures((x, args) => transforms.adjustSaturation(x, arg(args, 'saturation_factor'))),
    adjust_hue: pictures((x, args) => transforms.adjustHue(x, arg(args, 'hue_factor'))),
    adjust_gamma: pictures((x, args) => transforms.adjustGamma(x, arg(args, 'gamma'), optional(args, 'gain'))),
    adjust_sharpness: pictures((x, args) => transforms.adjustSharpness(x, arg(args, 'sharpness_factor'))),
    gaussian_blur: pictures((x, args) =>
      transforms.gaussianBlur(x, arg(args, 'kernel_size'), optional<number | [number, number]>(args, 'sigma')),
    ),
    rgb_to_grayscale: pictures((x, args) => transforms.rgbToGrayscale(x, optional(args, 'num_output_channels'))),
    to_grayscale: pictures((x, args) => transforms.rgbToGrayscale(x, optional(args, 'num_output_channels'))),
    invert: pictures((x) => transforms.invert(x)),
    solarize: pictures((x, args) => transforms.solarize(x, arg(args, 'threshold'))),
    posterize: pictures((x, args) => transforms.posterize(x, arg(args, 'bits'))),
    autocontrast: pictures((x) => transforms.autocontrast(x)),
    rotate: pictures((x, args) =>
      transforms.rotate(x, arg(args, 'angle'), {
        ...warpOptions(args),
        expand: optional<boolean>(args, 'expand') ?? false,
      }),
    ),
    affine: pictures((x, args) => {
      const shear = optional<number | Numbers>(args, 'shear') ?? 0;
      // a list of one shears both ways, a number the first only
      const both: transforms.Point = typeof shear === 'number' ? [shear, 0] : [shear[0]!, shear[1] ?? shear[0]!];
      return transforms.affine(x, {
        angle: optional<number>(args, 'angle') ?? 0,
        translate: optional<transforms.Point>(args, 'translate') ?? [0, 0],
        scale: optional<number>(args, 'scale') ?? 1,
        shear: both,
        ...warpOptions(args),
      });
    }),
    perspective: pictures((x, args) => {
      const coefficients = optional<Numbers>(args, 'coefficients');
      const map =
        coefficients === undefined
          ? {
              startPoints: arg<transforms.Point[]>(args, 'startpoints'),
              endPoints: arg<transforms.Point[]>(args, 'endpoints'),
            }
          : { coefficients };
      return transforms.perspective(x, map, warpOptions(args));
    }),
  }),
];
