import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import { opAdapter, type NamedTensors, type ParityCase, type Runnable } from '@hourglass/core/testing';
import { camelCase, channelsFirst, channelsLast } from './reference-layout.js';

type Args = Readonly<Record<string, unknown>>;

/** An operation on the inputs as they are; its result is `y`. */
function plain(fn: (inputs: NamedTensors, args: Args) => tf.Tensor): (parityCase: ParityCase) => Runnable {
  return ({ args }) => ({ forward: (inputs) => ({ y: fn(inputs, args) }) });
}

/** An operation on pictures x, channels last. */
function picture(
  fn: (x: tf.Tensor, args: Args, inputs: NamedTensors) => tf.Tensor,
): (parityCase: ParityCase) => Runnable {
  return plain((inputs, args) => channelsFirst(fn(channelsLast(inputs['x']!), args, inputs)));
}

/** Reference pads [left, right, top, bottom, …], last axis first, to pairs with the first axis first. */
function pairs(pad: readonly number[]): Array<[number, number]> {
  return Array.from({ length: pad.length / 2 }, (_, i): [number, number] => [pad[2 * i]!, pad[2 * i + 1]!]).reverse();
}

const pad = picture((x, args) =>
  functional.pad(x, pairs(args['pad'] as number[]), {
    mode: args['mode'] as functional.PadMode,
    value: (args['value'] as number | null | undefined) ?? 0,
  }),
);

const gridSample = picture((x, args, { grid }) =>
  functional.gridSample(x, grid!, camelCase(args) as functional.GridSampleOptions),
);

const f = functional;

export const adapters = [
  opAdapter({
    pixel_shuffle: picture((x, { r }) => f.pixelShuffle(x, r as number)),
    pixel_unshuffle: picture((x, { r }) => f.pixelUnshuffle(x, r as number)),
    channel_shuffle: picture((x, { groups }) => f.channelShuffle(x, groups as number)),
    unfold: plain(({ x }, args) =>
      tf.transpose(f.unfold(channelsLast(x!), camelCase(args) as unknown as functional.UnfoldOptions), [0, 2, 1]),
    ),
    fold: plain(({ x }, args) => {
      const size = args['output_size'] as number | [number, number];
      return channelsFirst(
        f.fold(
          tf.transpose(x!, [0, 2, 1]),
          typeof size === 'number' ? [size, size] : size,
          camelCase(args) as unknown as functional.UnfoldOptions,
        ),
      );
    }),
    'pad 1d': pad,
    'pad 2d': pad,
    'pad 3d': pad,
    grid_sample: gridSample,
    'grid_sample 3d': gridSample,
    affine_grid: plain(({ theta }, args) =>
      f.affineGrid(theta!, (args['size'] as number[]).slice(2), { alignCorners: args['align_corners'] as boolean }),
    ),
    embedding: plain(({ idx, w }, args) =>
      f.embedding(idx!, w!, { paddingIdx: (args['padding_idx'] as number | undefined) ?? null }),
    ),
    embedding_bag: plain(({ idx, off, w }, { mode }) =>
      f.embeddingBag(idx!, w!, { offsets: off ?? null, mode: mode as 'sum' | 'mean' | 'max' }),
    ),
    bilinear: plain(({ a, b, w, c }) => f.bilinear(a!, b!, w!, c ?? null)),
    cosine_similarity: plain(({ a, b }, args) => f.cosineSimilarity(a!, b!, camelCase(args))),
    pairwise_distance: plain(({ a, b }, args) => f.pairwiseDistance(a!, b!, camelCase(args))),
    cdist: plain(({ a, b }, args) => f.cdist(a!, b!, camelCase(args))),
    'cumsum, cumprod, logcumsumexp': ({ args }) => ({
      forward: ({ x }) => {
        const dim = args['dim'] as number;
        return { a: f.cumsum(x!, dim), b: f.cumprod(x!, dim), c: f.logcumsumexp(x!, dim) };
      },
    }),
    einsum: plain(({ a, b }, { eq }) => f.einsum(eq as string, ...[a, b].filter((t) => t !== undefined))),
  }),
];
