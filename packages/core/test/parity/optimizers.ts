import * as tf from '@tensorflow/tfjs-core';
import {
  SGD,
  Adam,
  AdamW,
  Adamax,
  NAdam,
  RAdam,
  Adagrad,
  Adadelta,
  RMSprop,
  Rprop,
  ASGD,
  Lion,
  Adafactor,
  TorchAdafactor,
  Muon,
  clipGradNorm,
  clipGradValue,
  layouts,
  Parameter,
  type Layout,
  type Optimizer,
  type Parameters,
} from '@hourglass/core';
import { opAdapter, type NamedTensors, type ParityCase, type Runnable } from '@hourglass/core/testing';

type OptimizerClass = new (parameters: Parameters<object>, options: object) => Optimizer;

const optimizers = {
  SGD,
  Adam,
  AdamW,
  Adamax,
  NAdam,
  RAdam,
  Adagrad,
  Adadelta,
  RMSprop,
  Rprop,
  ASGD,
  Lion,
  Adafactor,
  TorchAdafactor,
  Muon,
} as unknown as Record<string, OptimizerClass>;

/** Parameters lie in memory as those of layers do, so that layouts are exercised too. */
const layoutOfRank: Record<number, Layout> = {
  2: layouts.linear,
  3: layouts.conv1d,
  4: layouts.conv2d,
  5: layouts.conv3d,
};

function toMemory(x: tf.Tensor): tf.Tensor {
  const { axes } = layoutOfRank[x.rank] ?? layouts.plain;
  return axes === null ? tf.clone(x) : tf.transpose(x, [...axes]);
}

function toCheckpoint(x: tf.Tensor): tf.Tensor {
  const { axes } = layoutOfRank[x.rank] ?? layouts.plain;
  return axes === null
    ? tf.clone(x)
    : tf.transpose(
        x,
        axes.map((_, i) => axes.indexOf(i)),
      );
}

/** Inputs `<name>` (initial value) and `g<name>` (gradients, one a step); outputs `<name><step>`, from 1. */
function trajectory({ op, args, outputs }: ParityCase): Runnable {
  const options = Object.fromEntries(
    Object.entries(args)
      .filter(([key]) => key !== 'note')
      .map(([key, value]) => [
        key === 'adjust_lr_fn' ? 'adjustLr' : key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
        value ?? undefined,
      ]),
  );
  return {
    forward(inputs) {
      const names = Object.keys(inputs).filter((name) => inputs[`g${name}`] !== undefined && outputs.has(`${name}1`));
      const parameters = new Map(
        names.map((name) => {
          const value = inputs[name]!;
          return [name, new Parameter(toMemory(value), layoutOfRank[value.rank] ?? layouts.plain)];
        }),
      );
      const optimizer = new optimizers[op]!(parameters, options);
      const results: NamedTensors = {};
      const steps = inputs[`g${names[0]}`]!.shape[0]!;
      for (let step = 0; step < steps; step++) {
        const gradients = new Map(
          Array.from(parameters, ([name, parameter]) => {
            const given = tf.squeeze(tf.slice(inputs[`g${name}`]!, [step], [1]), [0]);
            return [parameter, tf.add(toMemory(given), tf.mul(parameter.value, 0.1))];
          }),
        );
        optimizer.step(gradients);
        for (const [name, parameter] of parameters) results[`${name}${step + 1}`] = toCheckpoint(parameter.value);
      }
      optimizer.dispose();
      for (const parameter of parameters.values()) parameter.dispose();
      return results;
    },
  };
}

export const adapters = [
  opAdapter({
    ...Object.fromEntries(Object.keys(optimizers).map((name) => [name, trajectory])),
    clip_grad_norm_: ({ args }) => ({
      forward(inputs) {
        const { max_norm: maxNorm, norm_type: type } = args as { max_norm: number; norm_type?: string | number };
        const normType = type === undefined ? 2 : type === 'inf' ? Infinity : Number(type);
        const { gradients, norm } = clipGradNorm(new Map(Object.entries(inputs)), maxNorm, normType);
        return { ...Object.fromEntries(gradients), norm };
      },
    }),
    clip_grad_value_: ({ args }) => ({
      forward: (inputs) =>
        Object.fromEntries(clipGradValue(new Map(Object.entries(inputs)), args['clip_value'] as number)),
    }),
  }),
];
