import * as tf from '@tensorflow/tfjs-core';
import { check, InvalidArgumentError, progressed, type Watch } from '@hourglass/core';
import type { LabelMask, RgbImage } from '../data/image.js';
import {
  checkPreprocessing,
  imagenetPreprocessing,
  normalisationTables,
  type Preprocessing,
} from '../data/preprocessing.js';
import { blendWeights, tileAxis, type Tiling } from './tiles.js';

/** Anything that makes class scores of pictures. Modules in training are switched to evaluation and back. */
export interface MaskPredictor {
  /**
   * float32 [N, H, W, 3] to logits [N, H', W', C]; smaller logits are enlarged bilinearly. One channel is the score of the second
   * of two classes.
   */
  forward(x: tf.Tensor4D): tf.Tensor;
  /** Pictures must have lengths that this divides. Default the encoder's, else 32. */
  readonly outputStride?: number;
  readonly encoder?: { readonly outputStride?: number };
  readonly training?: boolean;
  train?(mode?: boolean): unknown;
}

/** Progress is in tiles. */
export interface PredictOptions extends Watch {
  /** Largest length of what the model sees at once. Default 512. */
  readonly tile?: number;
  /** Pixels that neighbouring tiles share. Default a quarter of the tile. */
  readonly overlap?: number;
  /** Pixels at the inner edges of a tile that count for nothing, for there the model lacks context. Default an eighth of the overlap. */
  readonly margin?: number;
  /** Tiles in one forward pass. Default 1. */
  readonly batchSize?: number;
  readonly preprocessing?: Preprocessing;
  /** Also predicts the mirrored picture and takes the mean. Default false. */
  readonly flip?: boolean;
  /** Lengths are padded to a multiple of this. Default the model's own stride. */
  readonly stride?: number;
  /** Also return the probability of every class in every pixel: height · width · classes floats. Default false. */
  readonly probabilities?: boolean;
}

export interface Prediction {
  /** The most probable class of every pixel. */
  readonly mask: LabelMask;
  /** Number of classes. */
  readonly classes: number;
  /** [height, width, classes], where asked for. */
  readonly probabilities?: Float32Array;
}

/**
 * Predicts the class of every pixel of a picture of any size. What fits into one tile is one plain forward pass; larger pictures
 * are cut into overlapping tiles, whose probabilities are blended smoothly. Memory beside the result stays at some tiles and one
 * band of tiles: the finished rows of a band leave it before the next begins. Lengths that the stride does not divide are padded
 * by mirroring at the right and the bottom.
 */
export async function predictMask(
  model: MaskPredictor,
  image: RgbImage,
  options: PredictOptions = {},
): Promise<Prediction> {
  const settings = resolve(model, options);
  const wasTraining = model.training === true;
  if (wasTraining) model.train?.(false);
  try {
    return await predictTiles(model, image, settings);
  } finally {
    if (wasTraining) model.train?.(true);
  }
}

type Settings = ReturnType<typeof resolve>;

function resolve(model: MaskPredictor, options: PredictOptions) {
  const stride = options.stride ?? model.outputStride ?? model.encoder?.outputStride ?? 32;
  const { tile = Math.max(512, stride), preprocessing = imagenetPreprocessing, batchSize = 1 } = options;
  for (const [name, value, least] of [
    ['stride', stride, 1],
    ['tile', tile, stride],
    ['batchSize', batchSize, 1],
    ['overlap', options.overlap ?? 0, 0],
    ['margin', options.margin ?? 0, 0],
  ] as const) {
    check(Number.isInteger(value) && value >= least, `${name} must be an integer of at least ${least}, got ${value}`);
  }
  const whole = Math.floor(tile / stride) * stride;
  const overlap = options.overlap ?? Math.floor(tile / 4 / stride) * stride;
  check(overlap < whole, `overlap must be smaller than the tile, got ${overlap} of ${whole}`);
  const margin = options.margin ?? Math.floor(overlap / 8);
  check(2 * margin <= overlap, `margin must be at most half the overlap, got ${margin} of ${overlap}`);
  checkPreprocessing(preprocessing);
  return { ...options, stride, tile, overlap, margin, batchSize, preprocessing, flip: options.flip ?? false };
}

interface Place {
  readonly column: number;
  readonly row: number;
}

async function predictTiles(model: MaskPredictor, image: RgbImage, settings: Settings): Promise<Prediction> {
  const { stride, tile, overlap, batchSize } = settings;
  const up = (length: number): number => Math.ceil(length / stride) * stride;
  const across = tileAxis(up(image.width), tile, overlap, stride);
  const down = tileAxis(up(image.height), tile, overlap, stride);
  const columnWeights = axisWeights(across, settings);
  const rowWeights = axisWeights(down, settings);
  const total = across.starts.length * down.starts.length;
  const cut = tileCutter(image, settings.preprocessing);
  let blend: Blend | undefined;
  for (let row = 0, done = 0; row < down.starts.length; row++) {
    for (let column = 0; column < across.starts.length; column += batchSize) {
      const places = across.starts
        .slice(column, column + batchSize)
        .map((_, i): Place => ({ column: column + i, row }));
      const values = new Float32Array(places.length * down.length * across.length * 3);
      for (const [i, place] of places.entries()) {
        const offset = i * down.length * across.length * 3;
        cut(across.starts[place.column]!, down.starts[row]!, across.length, down.length, values, offset);
      }
      const shape: [number, number, number, number] = [places.length, down.length, across.length, 3];
      const { data, classes } = await forward(model, values, shape, settings.flip);
      blend ??= new Blend(image, across, down, classes, settings.probabilities === true);
      for (const [i, { column }] of places.entries()) {
        const size = down.length * across.length * classes;
        blend.add(data.subarray(i * size, (i + 1) * size), column, row, columnWeights[column]!, rowWeights[row]!);
      }
      done += places.length;
      await progressed(settings, done, total);
    }
    blend!.finishBand(row);
  }
  return blend!.result();
}

function axisWeights(tiling: Tiling, { overlap, margin }: Settings): Float32Array[] {
  const last = tiling.starts.length - 1;
  return tiling.starts.map((_, i) => blendWeights(tiling.length, overlap, margin, { start: i === 0, end: i === last }));
}

/** Class probabilities of a batch, [N, H, W, C] flat. */
async function forward(
  model: MaskPredictor,
  values: Float32Array,
  shape: [number, number, number, number],
  flip: boolean,
): Promise<{ readonly data: Float32Array; readonly classes: number }> {
  const probabilities = tf.tidy(() => {
    const x = tf.tensor4d(values, shape, 'float32');
    const plain = probabilitiesOf(model, x);
    if (!flip) return plain;
    const mirrored = tf.reverse(probabilitiesOf(model, tf.reverse(x, 2)), 2);
    return tf.mul(tf.add(plain, mirrored), 0.5);
  });
  try {
    return { data: (await probabilities.data()) as Float32Array, classes: probabilities.shape[3]! };
  } finally {
    probabilities.dispose();
  }
}

function probabilitiesOf(model: MaskPredictor, x: tf.Tensor4D): tf.Tensor4D {
  let logits = model.forward(x);
  if (logits.rank !== 4 || logits.shape[0] !== x.shape[0]) {
    throw new InvalidArgumentError(
      `a segmentation model must turn [${x.shape.join(', ')}] into logits [N, H, W, classes], got [${logits.shape.join(', ')}]`,
    );
  }
  const size: [number, number] = [x.shape[1], x.shape[2]];
  if (logits.shape[1] !== size[0] || logits.shape[2] !== size[1]) {
    logits = tf.image.resizeBilinear(logits as tf.Tensor4D, size, false, true);
  }
  if (logits.shape[3] !== 1) return tf.softmax(logits) as tf.Tensor4D;
  const second = tf.sigmoid(logits);
  return tf.concat([tf.sub(1, second), second], 3) as tf.Tensor4D;
}

/** Writes normalised tiles; places beyond the right and the bottom mirror the picture. */
function tileCutter({ width, height, data }: RgbImage, preprocessing: Preprocessing) {
  const [red, green, blue] = normalisationTables(preprocessing) as [Float32Array, Float32Array, Float32Array];
  const mirror = (at: number, length: number): number => {
    const folded = at % (2 * length);
    return folded < length ? folded : 2 * length - 1 - folded;
  };
  return (left: number, top: number, columns: number, rows: number, out: Float32Array, offset: number): void => {
    let to = offset;
    for (let y = top; y < top + rows; y++) {
      const line = mirror(y, height) * width;
      for (let x = left; x < left + columns; x++, to += 3) {
        const from = (line + (x < width ? x : mirror(x, width))) * 3;
        out[to] = red[data[from]!]!;
        out[to + 1] = green[data[from + 1]!]!;
        out[to + 2] = blue[data[from + 2]!]!;
      }
    }
  };
}

/** Adds tiles up, weighted, in a band as high as a tile, and hands out the rows that no later tile reaches. */
class Blend {
  readonly #image: RgbImage;
  readonly #across: Tiling;
  readonly #down: Tiling;
  readonly #classes: number;
  /** [tile height, padded width, classes] */
  readonly #band: Float32Array;
  /** [tile height, padded width] */
  readonly #weight: Float32Array;
  readonly #width: number;
  readonly #labels: Uint8Array | Uint16Array;
  readonly #probabilities: Float32Array | undefined;

  constructor(image: RgbImage, across: Tiling, down: Tiling, classes: number, probabilities: boolean) {
    this.#image = image;
    this.#across = across;
    this.#down = down;
    this.#classes = classes;
    this.#width = across.starts.at(-1)! + across.length;
    this.#band = new Float32Array(down.length * this.#width * classes);
    this.#weight = new Float32Array(down.length * this.#width);
    const pixels = image.width * image.height;
    this.#labels = classes > 256 ? new Uint16Array(pixels) : new Uint8Array(pixels);
    if (probabilities) this.#probabilities = new Float32Array(pixels * classes);
  }

  add(values: Float32Array, column: number, row: number, columnWeights: Float32Array, rowWeights: Float32Array): void {
    const [left, classes] = [this.#across.starts[column]!, this.#classes];
    const columns = Math.min(this.#across.length, this.#image.width - left);
    const rows = Math.min(this.#down.length, this.#image.height - this.#down.starts[row]!);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const weight = rowWeights[y]! * columnWeights[x]!;
        if (weight === 0) continue;
        const at = y * this.#width + left + x;
        const from = (y * this.#across.length + x) * classes;
        this.#weight[at]! += weight;
        for (let c = 0; c < classes; c++) this.#band[at * classes + c]! += weight * values[from + c]!;
      }
    }
  }

  /** Labels the rows above the next band, and moves the others up. */
  finishBand(row: number): void {
    const { starts, length } = this.#down;
    const top = starts[row]!;
    const finished = row + 1 < starts.length ? starts[row + 1]! - top : length;
    for (let y = 0; y < finished && top + y < this.#image.height; y++) this.#label(y, top + y);
    const pixels = finished * this.#width;
    this.#band.copyWithin(0, pixels * this.#classes);
    this.#band.fill(0, this.#band.length - pixels * this.#classes);
    this.#weight.copyWithin(0, pixels);
    this.#weight.fill(0, this.#weight.length - pixels);
  }

  #label(bandRow: number, row: number): void {
    const [classes, width] = [this.#classes, this.#image.width];
    for (let x = 0; x < width; x++) {
      const at = bandRow * this.#width + x;
      let best = 0;
      for (let c = 1; c < classes; c++) {
        if (this.#band[at * classes + c]! > this.#band[at * classes + best]!) best = c;
      }
      this.#labels[row * width + x] = best;
      if (this.#probabilities === undefined) continue;
      for (let c = 0; c < classes; c++) {
        this.#probabilities[(row * width + x) * classes + c] = this.#band[at * classes + c]! / this.#weight[at]!;
      }
    }
  }

  result(): Prediction {
    const { width, height } = this.#image;
    const mask = { width, height, data: this.#labels };
    return {
      mask,
      classes: this.#classes,
      ...(this.#probabilities === undefined ? {} : { probabilities: this.#probabilities }),
    };
  }
}
