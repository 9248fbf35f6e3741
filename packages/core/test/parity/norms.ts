import * as tf from '@tensorflow/tfjs-core';
import {
  decodeValues,
  functional as F,
  InvalidArgumentError,
  layouts,
  Module,
  Parameter,
  spectralNorm,
  StateBuffer,
  weightNorm,
  type Layout,
  type Weighted,
} from '@hourglass/core';
import {
  opAdapter,
  type NamedTensors,
  type ParityAdapter,
  type ParityCase,
  type Runnable,
} from '@hourglass/core/testing';

type Op = (parityCase: ParityCase) => Runnable;

/** Axis 1 last. */
function toChannelsLast(x: tf.Tensor): tf.Tensor {
  if (x.rank < 3) return x;
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [0, ...axes.slice(2), 1]);
}

/** The last axis to axis 1. */
function toChannelsFirst(x: tf.Tensor): tf.Tensor {
  if (x.rank < 3) return x;
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [0, x.rank - 1, ...axes.slice(1, -1)]);
}

const channelwise = (x: tf.Tensor, fn: (x: tf.Tensor) => tf.Tensor): tf.Tensor =>
  toChannelsFirst(fn(toChannelsLast(x)));

const eps = ({ args }: ParityCase): number => (args['eps'] as number | undefined) ?? 1e-5;

const simple =
  (fn: (inputs: Readonly<NamedTensors>, parityCase: ParityCase) => tf.Tensor): Op =>
  (parityCase) => ({ forward: (inputs) => ({ y: fn(inputs, parityCase) }) });

interface Running {
  mean: StateBuffer | null;
  variance: StateBuffer | null;
}

/** Runs `fn` with fresh copies of the saved running statistics, and returns them as they are afterwards. */
const withStatistics =
  (fn: (inputs: Readonly<NamedTensors>, running: Running, parityCase: ParityCase) => tf.Tensor): Op =>
  (parityCase) => ({
    forward: (inputs) => {
      const buffer = (name: string): StateBuffer | null =>
        inputs[name] === undefined ? null : new StateBuffer(tf.clone(inputs[name]));
      const running = { mean: buffer('rm'), variance: buffer('rv') };
      const result: NamedTensors = { y: fn(inputs, running, parityCase) };
      if (running.mean !== null) result['running_mean'] = tf.clone(running.mean.value);
      if (running.variance !== null) result['running_var'] = tf.clone(running.variance.value);
      running.mean?.dispose();
      running.variance?.dispose();
      return result;
    },
  });

const batchNorm = withStatistics(({ x, w, b }, running, parityCase) =>
  channelwise(x!, (x) =>
    F.batchNorm(x, running.mean, running.variance, w ?? null, b ?? null, {
      training: parityCase.args['training'] === true,
      momentum: (parityCase.args['momentum'] as number | undefined) ?? 0.1,
      eps: eps(parityCase),
    }),
  ),
);

const groupNorm = simple(({ x, w, b }, parityCase) =>
  channelwise(x!, (x) =>
    F.groupNorm(x, parityCase.args['num_groups'] as number, w ?? null, b ?? null, eps(parityCase)),
  ),
);

/** Where the case leaves the shape out, it is that of the parameters, or the last axis. */
function normalizedShape({ args, inputs }: ParityCase): number[] {
  return (args['normalized_shape'] as number[] | undefined) ?? inputs['w']?.shape ?? inputs['x']!.shape.slice(-1);
}

const layerNorm = simple(({ x, w, b }, parityCase) =>
  F.layerNorm(x!, normalizedShape(parityCase), w ?? null, b ?? null, eps(parityCase)),
);

const instanceNorm = (useInputStats: boolean): Op =>
  withStatistics(({ x, w, b }, running, parityCase) =>
    channelwise(x!, (x) =>
      F.instanceNorm(x, running.mean, running.variance, w ?? null, b ?? null, {
        useInputStats,
        momentum: (parityCase.args['momentum'] as number | undefined) ?? 0.1,
        eps: eps(parityCase),
      }),
    ),
  );

/** A bare layer around a weight in checkpoint order, to be reparametrised. */
class Layer extends Module implements Weighted {
  weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly run: (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | null) => tf.Tensor,
    weight: tf.Tensor,
    layout: Layout,
    bias: tf.Tensor | null,
  ) {
    super();
    this.weight = new Parameter(weight, layout);
    this.bias = bias === null ? null : new Parameter(bias);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.run(x, this.weight.value, this.bias?.value ?? null);
  }
}

/** Loads the saved parameters of the case into `module`. */
function load(module: Module, parityCase: ParityCase): void {
  for (const [name, leaf] of module.namedState()) {
    const stored = parityCase.parameters.get(name);
    if (stored === undefined) throw new InvalidArgumentError(`the case has no tensor '${name}'`);
    const { values, dtype } = decodeValues(stored);
    const value = tf.tensor(
      layouts.toMemory(leaf.layout, values, stored.shape),
      layouts.memoryShape(leaf.layout, stored.shape),
      dtype,
    );
    leaf.assign(value);
    value.dispose();
  }
}

/** A convolution over [N, C, L] or [N, C, H, W], or a linear layer, told apart by the weight's rank. */
function layerOf(parityCase: ParityCase): Layer {
  const stored =
    parityCase.parameters.get('parametrizations.weight.original1') ??
    parityCase.parameters.get('parametrizations.weight.original')!;
  const layout = { 2: layouts.linear, 3: layouts.conv1d, 4: layouts.conv2d }[stored.shape.length]!;
  const bias = parityCase.parameters.get('bias');
  const run = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | null): tf.Tensor => {
    if (weight.rank === 2) return F.linear(x, weight, bias);
    return channelwise(x, (x) => {
      const y =
        weight.rank === 3
          ? tf.conv1d(x as tf.Tensor3D, weight as tf.Tensor3D, 1, 'valid')
          : tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, 1, 'valid');
      return bias === null ? y : tf.add(y, bias);
    });
  };
  return new Layer(
    run,
    tf.ones(layouts.memoryShape(layout, stored.shape)),
    layout,
    bias === undefined ? null : tf.zeros([...bias.shape]),
  );
}

const reparametrized =
  (apply: (layer: Layer, parityCase: ParityCase) => void): Op =>
  (parityCase) => {
    const layer = layerOf(parityCase);
    apply(layer, parityCase);
    load(layer, parityCase);
    layer.eval();
    return {
      module: layer,
      forward: ({ x }) => {
        const weight = layer.weight.value;
        const { axes } = layer.weight.layout;
        const order = axes!.map((_, i) => axes!.indexOf(i));
        return { y: layer.forward(x!), weight: tf.transpose(weight, order) };
      },
    };
  };

const weightNormed = reparametrized((layer, { args }) => {
  weightNorm(layer, { dim: args['dim'] === undefined ? 0 : (args['dim'] as number | null) });
});
const spectralNormed = reparametrized((layer, { args }) => {
  spectralNorm(layer, { dim: (args['dim'] as number | undefined) ?? 0 });
});

export const adapters: ParityAdapter[] = [
  opAdapter({
    batch_norm: batchNorm,
    'batch_norm no affine': batchNorm,
    group_norm: groupNorm,
    layer_norm: layerNorm,
    'layer_norm no affine': layerNorm,
    'layer_norm no bias': layerNorm,
    'layer_norm small variance': layerNorm,
    rms_norm: simple(({ x, w }, parityCase) =>
      F.rmsNorm(x!, normalizedShape(parityCase), w ?? null, parityCase.args['eps'] as number | null),
    ),
    instance_norm: instanceNorm(true),
    'instance_norm tracked, eval': instanceNorm(false),
    local_response_norm: simple(({ x }, { args }) =>
      channelwise(x!, (x) =>
        F.localResponseNorm(x, args['size'] as number, {
          alpha: (args['alpha'] as number | undefined) ?? 1e-4,
          beta: (args['beta'] as number | undefined) ?? 0.75,
          k: (args['k'] as number | undefined) ?? 1,
        }),
      ),
    ),
    'GRN (ConvNeXt V2)': simple(({ x, gamma, beta }, parityCase) =>
      F.globalResponseNorm(x!, gamma!, beta!, (parityCase.args['eps'] as number | undefined) ?? 1e-6),
    ),
    'weight_norm Conv1d': weightNormed,
    'weight_norm Conv2d': weightNormed,
    'weight_norm Linear': weightNormed,
    'spectral_norm Linear': spectralNormed,
    'spectral_norm Conv1d': spectralNormed,
    'spectral_norm Conv2d': spectralNormed,
  }),
  {
    // images are normalised by a mean and a deviation, under the same name
    knows: ({ op, args }) => op === 'normalize' && !('mean' in args),
    prepare: simple(({ x }, { args }) =>
      F.normalize(x!, {
        p: (args['p'] as number | undefined) ?? 2,
        dim: (args['dim'] as number | undefined) ?? 1,
        eps: (args['eps'] as number | undefined) ?? 1e-12,
      }),
    ),
  },
];
