import * as tf from '@tensorflow/tfjs-core';
import {
  decodeValues,
  functional as F,
  InvalidArgumentError,
  layouts,
  MultiheadAttention,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type Module,
} from '@hourglass/core';
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

/** Loads the saved parameters of the case into `module`. */
function load(module: Module, parityCase: ParityCase): void {
  for (const [name, leaf] of module.namedState()) {
    const stored = parityCase.parameters.get(name);
    if (stored === undefined) throw new InvalidArgumentError(`the case has no tensor '${name}'`);
    const { values, dtype } = decodeValues(stored);
    const memory = layouts.toMemory(leaf.layout, values, stored.shape);
    const value = tf.tensor(memory, layouts.memoryShape(leaf.layout, stored.shape), dtype);
    leaf.assign(value);
    value.dispose();
  }
}

const multihead: Op = (parityCase) => {
  const { args } = parityCase;
  const module = new MultiheadAttention(args['embed_dim'] as number, args['num_heads'] as number, {
    bias: args['bias'] !== false,
    addBiasKv: args['add_bias_kv'] === true,
    addZeroAttn: args['add_zero_attn'] === true,
    batchFirst: args['batch_first'] === true,
    ...(args['kdim'] === undefined ? {} : { kdim: args['kdim'] as number }),
    ...(args['vdim'] === undefined ? {} : { vdim: args['vdim'] as number }),
  });
  load(module, parityCase);
  module.eval();
  return {
    module,
    forward: ({ q, k, v, attn_mask, key_padding_mask }): NamedTensors => {
      const { output, weights } = module.forward(q!, k!, v!, {
        attnMask: attn_mask ?? null,
        keyPaddingMask: key_padding_mask ?? null,
        needWeights: parityCase.outputs.has('weights'),
        averageAttnWeights: args['average_attn_weights'] !== false,
      });
      return weights === null ? { y: output } : { y: output, weights };
    },
  };
};

function layerOptions({ args }: ParityCase): ConstructorParameters<typeof TransformerEncoderLayer>[2] {
  return {
    dimFeedforward: (args['dim_feedforward'] as number | undefined) ?? 2048,
    activation: (args['activation'] as string | undefined) ?? 'relu',
    normFirst: args['norm_first'] === true,
    batchFirst: args['batch_first'] !== false,
    bias: args['bias'] !== false,
    layerNormEps: (args['layer_norm_eps'] as number | undefined) ?? 1e-5,
  };
}

const encoderLayer: Op = (parityCase) => {
  const { args } = parityCase;
  const module = new TransformerEncoderLayer(
    args['d_model'] as number,
    args['nhead'] as number,
    layerOptions(parityCase),
  );
  load(module, parityCase);
  module.eval();
  return { module, forward: ({ x, pad }) => ({ y: module.forward(x!, { keyPaddingMask: pad ?? null }) }) };
};

/** The decoder cases are causal. */
const decoderLayer: Op = (parityCase) => {
  const { args } = parityCase;
  const module = new TransformerDecoderLayer(
    args['d_model'] as number,
    args['nhead'] as number,
    layerOptions(parityCase),
  );
  load(module, parityCase);
  module.eval();
  return {
    module,
    forward: ({ x, mem, pad }) => ({
      y: module.forward(x!, mem!, { isCausal: true }, { keyPaddingMask: pad ?? null }),
    }),
  };
};

export const adapters: ParityAdapter[] = [
  opAdapter({
    MultiheadAttention: multihead,
    TransformerEncoderLayer: encoderLayer,
    TransformerDecoderLayer: decoderLayer,
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
