import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { checkPictures } from './pictures.js';

export type Interpolation = 'nearest' | 'nearest-exact' | 'bilinear' | 'bicubic';
export type PaddingMode = 'constant' | 'edge' | 'reflect' | 'symmetric';
export type Length = number | readonly [number] | readonly [height: number, width: number];

export interface ResizeOptions {
  /** Default 'bilinear'. */
  readonly interpolation?: Interpolation;
  /** Averages when shrinking, for 'bilinear' and 'bicubic'. Default true. */
  readonly antialias?: boolean;
  /** Bound for the longer side, where `size` names the shorter one alone (or is null). */
  readonly maxSize?: number;
}

/** Height and width that torchvision's `resize` would give: one number is the shorter side, the longer follows, rounded down. */
export function resizedSize(
  [height, width]: readonly [number, number],
  size: Length | null,
  maxSize?: number,
): [height: number, width: number] {
  if (size !== null && typeof size !== 'number' && size.length === 2) {
    check(maxSize === undefined, 'maxSize goes with one length, not with height and width');
    return [size[0], size[1]];
  }
  const [short, long] = width <= height ? [width, height] : [height, width];
  const wanted = size === null ? null : typeof size === 'number' ? size : size[0];
  check(wanted !== null || maxSize !== undefined, 'give a size or a maxSize');
  check(
    wanted === null || maxSize === undefined || maxSize > wanted,
    () => `maxSize must be above the size ${wanted}, got ${maxSize}`,
  );
  let newShort = wanted ?? 0;
  let newLong = wanted === null ? Infinity : Math.trunc((wanted * long) / short);
  if (maxSize !== undefined && newLong > maxSize) {
    newShort = Math.trunc(wanted === null ? (maxSize * short) / long : (maxSize * newShort) / newLong);
    newLong = maxSize;
  }
  return width <= height ? [newLong, newShort] : [newShort, newLong];
}

/**
 * Pictures [N, H, W, C] in another size, as torchvision's `resize` on tensors.
 * @param size height and width, or one length for the shorter side
 */
export function resize(x: tf.Tensor4D, size: Length | null, options: ResizeOptions = {}): tf.Tensor4D {
  checkPictures(x);
  const { interpolation = 'bilinear', antialias = true, maxSize } = options;
  const [height, width] = resizedSize([x.shape[1], x.shape[2]], size, maxSize);
  check(
    Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0,
    `pictures cannot be resized to ${height} × ${width}`,
  );
  if (height === x.shape[1] && width === x.shape[2]) return tf.clone(x);
  const smooth = interpolation === 'bilinear' || interpolation === 'bicubic';
  return functional.interpolate(x, {
    size: [height, width],
    mode: interpolation,
    ...(smooth ? { alignCorners: false, antialias } : {}),
  }) as tf.Tensor4D;
}

/** Cuts a rectangle out; what lies outside the picture is zero. */
export function crop(x: tf.Tensor4D, top: number, left: number, height: number, width: number): tf.Tensor4D {
  checkPictures(x);
  const [, h, w] = x.shape;
  return pad(x, { left: -left, top: -top, right: left + width - w, bottom: top + height - h });
}

/** The centre of the pictures; where they are smaller they stand in zeros. */
export function centerCrop(x: tf.Tensor4D, size: Length): tf.Tensor4D {
  checkPictures(x);
  const [height, width] = typeof size === 'number' ? [size, size] : [size[0], size[1] ?? size[0]];
  const start = (have: number, want: number): number =>
    want > have ? -Math.floor((want - have) / 2) : roundHalfEven((have - want) / 2);
  return crop(x, start(x.shape[1], height), start(x.shape[2], width), height, width);
}

/** As Python rounds. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** Mirrors left and right. */
export function horizontalFlip(x: tf.Tensor4D): tf.Tensor4D {
  checkPictures(x);
  return tf.reverse(x, 2);
}

/** Mirrors top and bottom. */
export function verticalFlip(x: tf.Tensor4D): tf.Tensor4D {
  checkPictures(x);
  return tf.reverse(x, 1);
}

/** Pixels to add at each side; negative ones are cut off. */
export interface Padding {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface PadOptions {
  /** For 'constant': one value, or one a channel. Default 0. */
  readonly fill?: number | readonly number[];
  /** Default 'constant'. 'reflect' leaves the border pixel out, 'symmetric' repeats it. */
  readonly mode?: PaddingMode;
}

/** Adds a border around the pictures. */
export function pad(
  x: tf.Tensor4D,
  padding: number | Padding,
  { fill = 0, mode = 'constant' }: PadOptions = {},
): tf.Tensor4D {
  checkPictures(x);
  const { left, top, right, bottom } =
    typeof padding === 'number' ? { left: padding, top: padding, right: padding, bottom: padding } : padding;
  check([left, top, right, bottom].every(Number.isInteger), 'padding must be whole pixels');
  const [, height, width, channels] = x.shape;
  check(height + top + bottom > 0 && width + left + right > 0, 'negative padding leaves nothing of the picture');
  if (mode !== 'constant') {
    check(typeof fill === 'number' || fill.length === 1, `padding mode '${mode}' takes no fill`);
    return scope(() => {
      const rows = borderIndices(height, top, bottom, mode);
      const columns = borderIndices(width, left, right, mode);
      return tf.gather(tf.gather(x, rows, 1), columns, 2);
    });
  }
  const fills = typeof fill === 'number' ? [fill] : fill;
  check(
    fills.length === 1 || fills.length === channels,
    `fill must have one value or ${channels}, got ${fills.length}`,
  );
  return scope((): tf.Tensor4D => {
    const kept = keep(x, { left, top, right, bottom });
    if (kept === null) {
      const whole = [x.shape[0], height + top + bottom, width + left + right, channels];
      return tf.add(tf.zeros(whole), tf.tensor1d([...fills])) as tf.Tensor4D;
    }
    const border: [number, number][] = [
      [0, 0],
      [Math.max(0, top), Math.max(0, bottom)],
      [Math.max(0, left), Math.max(0, right)],
      [0, 0],
    ];
    if (fills.length === 1) return tf.pad(kept, border, fills[0]) as tf.Tensor4D;
    return tf.concat(
      tf.split(kept, channels, 3).map((channel, c) => tf.pad(channel, border, fills[c])),
      3,
    ) as tf.Tensor4D;
  });
}

/** The part inside the cut; null where nothing is left of the picture. */
function keep(x: tf.Tensor4D, { left, top, right, bottom }: Padding): tf.Tensor4D | null {
  const [count, height, width, channels] = x.shape;
  const [fromY, toY] = [Math.max(0, -top), Math.min(height, height + bottom)];
  const [fromX, toX] = [Math.max(0, -left), Math.min(width, width + right)];
  if (toY <= fromY || toX <= fromX) return null;
  return tf.slice(x, [0, fromY, fromX, 0], [count, toY - fromY, toX - fromX, channels]);
}

function borderIndices(
  length: number,
  before: number,
  after: number,
  mode: Exclude<PaddingMode, 'constant'>,
): tf.Tensor1D {
  // negative padding cuts first, and the border then mirrors what is left
  const first = Math.max(0, -before);
  const size = length - first - Math.max(0, -after);
  check(size > 0, 'negative padding leaves nothing of the picture');
  const most = mode === 'reflect' ? size - 1 : mode === 'symmetric' ? size : Infinity;
  check(Math.max(before, after) <= most, `'${mode}' can add at most ${most} to a length of ${size}`);
  const repeat = mode === 'symmetric' ? 1 : 0;
  const count = size + Math.max(0, before) + Math.max(0, after);
  const indices = Int32Array.from({ length: count }, (_, i) => {
    const at = i - Math.max(0, before);
    if (mode === 'edge') return first + Math.min(Math.max(at, 0), size - 1);
    if (at < 0) return first - at - repeat;
    return first + (at < size ? at : 2 * (size - 1) - at + repeat);
  });
  return tf.tensor1d(indices, 'int32');
}
