import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';
import { checkPictures } from './pictures.js';

export interface WarpOptions {
  /** Default 'nearest' for rotate and affine, 'bilinear' for perspective. */
  readonly interpolation?: 'nearest' | 'bilinear';
  /** What comes from outside: one value, or one a channel. Default 0. */
  readonly fill?: number | readonly number[];
}

export interface CentredWarpOptions extends WarpOptions {
  /** The fixed point in pixels, [x, y] from the upper left corner. Default the middle. */
  readonly center?: readonly [number, number];
}

export type Point = readonly [x: number, y: number];

// Places are computed in float32, step by step as torchvision does: 'nearest' jumps, so that a last bit can choose another pixel.
const f = Math.fround;

/** Where a pixel of the result comes from, in -1 … 1 of the source's width and height. */
type Place = (column: number, row: number) => Point;

/** Maps a place of the result, measured from the middle, to one of the source: [a, b, c, d, e, f], x' = ax + by + c. */
type AffineMatrix = readonly [number, number, number, number, number, number];

/** Turns anticlockwise by `angle` degrees; with `expand` the result is as large as the turned pictures need. */
export function rotate(
  x: tf.Tensor4D,
  angle: number,
  { interpolation = 'nearest', fill, center, expand = false }: CentredWarpOptions & { readonly expand?: boolean } = {},
): tf.Tensor4D {
  checkPictures(x);
  const turn = ((angle % 360) + 360) % 360;
  const [, height, width] = x.shape;
  if (center === undefined) {
    if (turn === 0) return tf.clone(x);
    if (turn === 180) return scope(() => tf.reverse(x, [1, 2]));
    if ((turn === 90 || turn === 270) && (expand || height === width)) {
      return scope(() => tf.reverse(tf.transpose(x, [0, 2, 1, 3]), turn === 90 ? 1 : 2));
    }
  }
  const matrix = inverseAffine(fromMiddle(center, width, height), -turn, [0, 0], 1, [0, 0]);
  const [outWidth, outHeight] = expand ? turnedSize(matrix, width, height) : [width, height];
  return warp(x, outWidth, outHeight, affinePlaces(matrix, width, height, outWidth, outHeight), interpolation, fill);
}

/** Turns by `angle` degrees clockwise, shears (degrees), scales and shifts (pixels), in one step. */
export function affine(
  x: tf.Tensor4D,
  {
    angle = 0,
    translate = [0, 0],
    scale = 1,
    shear = [0, 0],
    interpolation = 'nearest',
    fill,
    center,
  }: CentredWarpOptions & {
    readonly angle?: number;
    readonly translate?: Point;
    readonly scale?: number;
    readonly shear?: number | Point;
  },
): tf.Tensor4D {
  checkPictures(x);
  check(scale > 0, `scale must be above 0, got ${scale}`);
  const [, height, width] = x.shape;
  const both: Point = typeof shear === 'number' ? [shear, 0] : shear;
  const matrix = inverseAffine(fromMiddle(center, width, height), angle, translate, scale, both);
  return warp(x, width, height, affinePlaces(matrix, width, height, width, height), interpolation, fill);
}

/** The four points of the source that become four points of the result, or the eight coefficients of the map back. */
export type PerspectiveMap =
  | { readonly startPoints: readonly Point[]; readonly endPoints: readonly Point[] }
  | { readonly coefficients: readonly number[] };

/** Moves the four `startPoints` (upper left, upper right, lower right, lower left, in pixels) to the `endPoints`. */
export function perspective(
  x: tf.Tensor4D,
  map: PerspectiveMap,
  { interpolation = 'bilinear', fill }: WarpOptions = {},
): tf.Tensor4D {
  checkPictures(x);
  const k = ('coefficients' in map ? map.coefficients : solvePerspective(map.startPoints, map.endPoints)).map(f);
  check(
    k.length === 8 && k.every(Number.isFinite),
    'perspective needs four pairs of points in general position, or eight coefficients',
  );
  const [, height, width] = x.shape;
  const byX = [k[0]!, k[1]!, k[2]!].map((value) => f(value / f(0.5 * width)));
  const byY = [k[3]!, k[4]!, k[5]!].map((value) => f(value / f(0.5 * height)));
  const place: Place = (column, row) => {
    const [px, py] = [column + 0.5, row + 0.5];
    const depth = dot(px, py, [k[6]!, k[7]!, 1]);
    return [f(f(dot(px, py, byX) / depth) - 1), f(f(dot(px, py, byY) / depth) - 1)];
  };
  return warp(x, width, height, place, interpolation, fill);
}

function dot(x: number, y: number, row: readonly number[]): number {
  return f(f(f(x * row[0]!) + f(y * row[1]!)) + row[2]!);
}

function fromMiddle(center: Point | undefined, width: number, height: number): Point {
  return center === undefined ? [0, 0] : [center[0] - width / 2, center[1] - height / 2];
}

/** Inverse of: shift by -centre, shear, scale, turn, shift by centre and translation. */
function inverseAffine([cx, cy]: Point, angle: number, [tx, ty]: Point, scale: number, shear: Point): AffineMatrix {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [turn, shearX, shearY] = [radians(angle), radians(shear[0]), radians(shear[1])];
  const a = Math.cos(turn - shearY) / Math.cos(shearY);
  const b = -(a * Math.tan(shearX) + Math.sin(turn));
  const c = Math.sin(turn - shearY) / Math.cos(shearY);
  const d = Math.cos(turn) - c * Math.tan(shearX);
  const inverse = [d / scale, -b / scale, -c / scale, a / scale] as const;
  return [
    inverse[0],
    inverse[1],
    cx - inverse[0] * (cx + tx) - inverse[1] * (cy + ty),
    inverse[2],
    inverse[3],
    cy - inverse[2] * (cx + tx) - inverse[3] * (cy + ty),
  ];
}

function affinePlaces(matrix: AffineMatrix, width: number, height: number, outWidth: number, outHeight: number): Place {
  const byX = matrix.slice(0, 3).map((value) => f(f(value) / f(0.5 * width)));
  const byY = matrix.slice(3).map((value) => f(f(value) / f(0.5 * height)));
  return (column, row) => {
    const [px, py] = [column - (outWidth - 1) / 2, row - (outHeight - 1) / 2];
    return [dot(px, py, byX), dot(px, py, byY)];
  };
}

/** Width and height of a turned picture's bounding box. */
function turnedSize(matrix: AffineMatrix, width: number, height: number): Point {
  const [halfX, halfY] = [0.5 * width, 0.5 * height];
  const corners: Point[] = [
    [-halfX, -halfY],
    [-halfX, halfY],
    [halfX, halfY],
    [halfX, -halfY],
  ];
  const span = (row: readonly number[], half: number): number => {
    const places = corners.map(([px, py]) => f(dot(px, py, row.map(f)) + half));
    // four decimals count, so that rounding does not add a pixel
    const cut = (value: number): number => f(f(Math.trunc(f(value * 1e4))) * f(1e-4));
    return Math.ceil(cut(Math.max(...places))) - Math.floor(cut(Math.min(...places)));
  };
  return [span(matrix.slice(0, 3), halfX), span(matrix.slice(3), halfY)];
}

/** The eight coefficients of the projective map from the end points back to the start points, by elimination. */
function solvePerspective(start: readonly Point[], end: readonly Point[]): number[] {
  check(
    start.length === 4 && end.length === 4,
    `perspective needs four start and end points, got ${start.length} and ${end.length}`,
  );
  const rows = end.flatMap(([x, y], i) => {
    const [u, v] = start[i]!;
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ];
  });
  for (let column = 0; column < 8; column++) {
    let pivot = column;
    for (let r = column + 1; r < 8; r++) if (Math.abs(rows[r]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = r;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const lead = rows[column]!;
    const scale = lead[column]!;
    for (let c = 0; c < 9; c++) lead[c]! /= scale;
    for (const row of rows) {
      if (row === lead) continue;
      const factor = row[column]!;
      for (let c = 0; c < 9; c++) row[c]! -= factor * lead[c]!;
    }
  }
  return rows.map((row) => row[8]!);
}

/** Samples the pictures at places that do not depend on them; outside them is zero, or `fill`. */
function warp(
  x: tf.Tensor4D,
  width: number,
  height: number,
  place: Place,
  interpolation: 'nearest' | 'bilinear',
  fill: number | readonly number[] | undefined,
): tf.Tensor4D {
  const [count, inHeight, inWidth, channels] = x.shape;
  const fills = fill === undefined ? undefined : typeof fill === 'number' ? [fill] : fill;
  check(
    fills === undefined || fills.length === 1 || fills.length === channels,
    `fill must have one value or ${channels}, got ${fills?.length}`,
  );
  const corners = interpolation === 'nearest' ? 1 : 4;
  const pixels = width * height;
  const index = Array.from({ length: corners }, () => new Int32Array(pixels));
  const weight = Array.from({ length: corners }, () => new Float32Array(pixels));
  const put = (corner: number, pixel: number, column: number, row: number, share: number): void => {
    if (column < 0 || row < 0 || column >= inWidth || row >= inHeight) return;
    index[corner]![pixel] = row * inWidth + column;
    weight[corner]![pixel] = share;
  };
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let column = 0; column < width; column++, pixel++) {
      const [gx, gy] = place(column, row);
      const px = f(f(f(f(gx + 1) * inWidth) - 1) / 2);
      const py = f(f(f(f(gy + 1) * inHeight) - 1) / 2);
      if (corners === 1) {
        put(0, pixel, nearest(px), nearest(py), 1);
        continue;
      }
      const [left, top] = [Math.floor(px), Math.floor(py)];
      const [right, bottom] = [f(px - left), f(py - top)];
      put(0, pixel, left, top, (1 - right) * (1 - bottom));
      put(1, pixel, left + 1, top, right * (1 - bottom));
      put(2, pixel, left, top + 1, (1 - right) * bottom);
      put(3, pixel, left + 1, top + 1, right * bottom);
    }
  }
  return scope(() => {
    const flat = tf.reshape(x, [count, inHeight * inWidth, channels]);
    const shares = weight.map((values) => tf.tensor3d(values, [1, pixels, 1]));
    const sampled = shares.map((share, i) => tf.mul(tf.gather(flat, tf.tensor1d(index[i]!, 'int32'), 1), share));
    let y = sampled.reduce((sum, part) => tf.add(sum, part));
    if (fills !== undefined) {
      // at the rim the part inside counts twice, here as in torchvision
      const inside = shares.reduce((sum, share) => tf.add(sum, share));
      const colour = tf.tensor1d([...fills]);
      y = tf.add(tf.mul(tf.sub(y, colour), inside), colour);
    }
    return tf.reshape(y, [count, height, width, channels]);
  });
}

/** Halves go to the even neighbour, as nearbyint does. */
function nearest(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
