import * as tf from '@tensorflow/tfjs-core';
import { functional as F } from '@hourglass/core';
import {
  opAdapter,
  type NamedTensors,
  type ParityAdapter,
  type ParityCase,
  type Runnable,
} from '@hourglass/core/testing';

type Op = (parityCase: ParityCase) => Runnable;

const simple =
  (fn: (inputs: Readonly<NamedTensors>, args: ParityCase['args']) => tf.Tensor): Op =>
  ({ args }) => ({ forward: (inputs) => ({ y: fn(inputs, args) }) });

const attention = simple(({ q, k, v, m }, args) =>
  F.scaledDotProductAttention(q!, k!, v!, {
    attnMask: m ?? null,
    isCausal: args['is_causal'] === true,
    scale: (args['scale'] as number | undefined) ?? null,
    enableGqa: args['enable_gqa'] === true,
  }),
);

export const adapters: ParityAdapter[] = [
  opAdapter({
    sdpa: attention,
    'sdpa bool mask': attention,
    'sdpa float mask': attention,
    'sdpa grouped queries': attention,
    'sdpa fully masked row': attention,
    rotary: simple(({ x }, args) =>
      F.rotaryEmbedding(x!, {
        base: (args['base'] as number | undefined) ?? 10000,
        interleaved: args['interleaved'] === true,
      }),
    ),
    't5 relative position bucket': ({ args }) => ({
      forward: ({ rel }) => ({
        b: tf.tensor(
          F.relativePositionBuckets(rel!.dataSync(), {
            bidirectional: args['bidirectional'] !== false,
            numBuckets: (args['num_buckets'] as number | undefined) ?? 32,
            maxDistance: (args['max_distance'] as number | undefined) ?? 128,
          }),
          rel!.shape,
          'int32',
        ),
      }),
    }),
    'alibi (bloom)': simple(({ mask }, args) => {
      const heads = args['num_heads'] as number;
      const bias = F.alibiBias(mask!, heads);
      return tf.reshape(bias, [mask!.shape[0]! * heads, 1, mask!.shape[1]!]);
    }),
    'window partition (swin)': ({ args }) => ({
      forward: ({ x }) => {
        const window = args['w'] as number;
        return { p: F.windowPartition(x!, window), s: F.windowPartition(x!, window, args['shift'] as number) };
      },
    }),
    'linear attention (elu + 1)': simple(({ q, k, v }) => F.linearAttention(q!, k!, v!, { eps: 0 })),
    'sinusoidal table': simple((_, args) => F.sinusoidalTable(args['n'] as number, args['d'] as number)),
  }),
];
