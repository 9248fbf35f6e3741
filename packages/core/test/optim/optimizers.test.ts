import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  CheckpointError,
  InvalidArgumentError,
  layouts,
  Lion,
  Muon,
  NAdam,
  Parameter,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
  TorchAdafactor,
  type Layout,
  type Optimizer,
  type OptimizerState,
} from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';

type Named = ReadonlyArray<readonly [string, Parameter]>;

/** Every optimiser, with options that keep all its kinds of state busy. */
const makers: Record<string, (parameters: Named) => Optimizer> = {
  SGD: (p) => new SGD(p, { lr: 0.05, momentum: 0.8, nesterov: true }),
  Adam: (p) => new Adam(p, { lr: 0.05, amsgrad: true }),
  AdamW: (p) => new AdamW(p, { lr: 0.05, amsgrad: true }),
  Adamax: (p) => new Adamax(p, { lr: 0.05 }),
  NAdam: (p) => new NAdam(p, { lr: 0.05 }),
  RAdam: (p) => new RAdam(p, { lr: 0.05, betas: [0.9, 0.9] }),
  Adagrad: (p) => new Adagrad(p, { lr: 0.2, lrDecay: 0.01 }),
  Adadelta: (p) => new Adadelta(p, { lr: 5 }),
  RMSprop: (p) => new RMSprop(p, { lr: 0.01, momentum: 0.5, centered: true }),
  Rprop: (p) => new Rprop(p, { lr: 0.05 }),
  ASGD: (p) => new ASGD(p, { lr: 0.1, t0: 2 }),
  Lion: (p) => new Lion(p, { lr: 0.03 }),
  Adafactor: (p) => new Adafactor(p, { lr: 0.05, relativeStep: false, scaleParameter: false, beta1: 0.5 }),
  'Adafactor, relative step': (p) => new Adafactor(p),
  TorchAdafactor: (p) => new TorchAdafactor(p, { lr: 0.1 }),
  Muon: (p) => new Muon(p, { lr: 0.05 }),
};

function weights(): Named {
  const values = Array.from({ length: 12 }, (_, i) => Math.sin(i + 1) * 2);
  return [
    ['layer.weight', new Parameter(tf.tensor2d(values, [3, 4]), layouts.linear)],
    ['other.weight', new Parameter(tf.tensor2d(values.slice(0, 6), [2, 3]), layouts.linear)],
  ];
}

/** Gradients of sum(curvature (x - 0.5)²) / 2. */
function gradients(parameters: Named): Map<Parameter, tf.Tensor> {
  return new Map(
    parameters.map(([, parameter]) => [
      parameter,
      tf.tidy(() => tf.mul(tf.sub(parameter.value, 0.5), tf.add(tf.range(0, parameter.shape[1]!), 1))),
    ]),
  );
}

function distance(parameters: Named): number {
  return parameters.reduce(
    (sum, [, { value }]) => sum + value.dataSync<'float32'>().reduce((s, x) => s + (x - 0.5) ** 2, 0),
    0,
  );
}

function step(optimizer: Optimizer, parameters: Named): void {
  const grads = gradients(parameters);
  optimizer.step(grads);
  tf.dispose([...grads.values()]);
}

function valuesOf(parameters: Named): number[][] {
  return parameters.map(([, { value }]) => [...value.dataSync()]);
}

/** The state as it comes back from a file: JSON, and tensors of its own. */
function stored({ scalars, tensors }: OptimizerState): OptimizerState {
  return {
    scalars: JSON.parse(JSON.stringify(scalars)) as OptimizerState['scalars'],
    tensors: new Map(Array.from(tensors, ([name, tensor]) => [name, tf.tensor(tensor.dataSync(), tensor.shape)])),
  };
}

beforeAll(async () => {
  await useTestBackend('wasm');
});

describe.each(Object.entries(makers))('%s', (_, make) => {
  it('comes closer to the minimum of a quadratic', () => {
    const parameters = weights();
    const before = distance(parameters);
    const optimizer = make(parameters);
    for (let i = 0; i < 60; i++) step(optimizer, parameters);
    expect(distance(parameters)).toBeLessThan(before / 2);
  });

  it('continues bit for bit from its saved state', () => {
    const parameters = weights();
    const optimizer = make(parameters);
    for (let i = 0; i < 4; i++) step(optimizer, parameters);
    const saved = stored(optimizer.state());
    const copies = parameters.map(
      ([name, { value, layout }]) => [name, new Parameter(tf.clone(value), layout)] as const,
    );
    const resumed = make(copies);
    resumed.loadState(saved);
    for (let i = 0; i < 4; i++) {
      step(optimizer, parameters);
      step(resumed, copies);
    }
    expect(valuesOf(copies)).toEqual(valuesOf(parameters));
  });

  it('keeps the number of tensors over 100 steps, and frees its own', () => {
    const parameters = weights();
    const start = tf.memory().numTensors;
    const optimizer = make(parameters);
    step(optimizer, parameters);
    const { numTensors } = tf.memory();
    for (let i = 0; i < 100; i++) step(optimizer, parameters);
    expect(tf.memory().numTensors).toBe(numTensors);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });
});

describe('groups', () => {
  const one = (value = 1): Parameter => new Parameter(tf.tensor1d([value]));
  const unit = (parameters: readonly Parameter[]): Map<Parameter, tf.Tensor> =>
    new Map(parameters.map((parameter) => [parameter, tf.tensor1d([1])]));

  it('have their own options and share the rest', () => {
    const [a, b, c] = [one(), one(), one()];
    const optimizer = new SGD(
      [
        { params: [a], lr: 0.5 },
        { params: [['b', b]], weightDecay: 1 },
        { params: [c], lr: undefined as unknown as number },
      ],
      { lr: 0.1 },
    );
    optimizer.step(unit([a, b, c]));
    expect(a.value.dataSync()[0]).toBeCloseTo(0.5);
    expect(b.value.dataSync()[0]).toBeCloseTo(0.8);
    expect(c.value.dataSync()[0]).toBeCloseTo(0.9);
    expect(optimizer.groups.map(({ names }) => names)).toEqual([['0'], ['b'], ['2']]);
  });

  it('follow a rate that is changed between steps', () => {
    const a = one();
    const optimizer = new SGD([a], { lr: 1 });
    optimizer.groups[0]!.lr = 0.25;
    optimizer.step(unit([a]));
    expect(a.value.dataSync()[0]).toBeCloseTo(0.75);
  });

  it('climb with maximize', () => {
    const a = one();
    new Adam([a], { lr: 0.1, maximize: true }).step(unit([a]));
    expect(a.value.dataSync()[0]).toBeGreaterThan(1);
  });

  it('leave out what is frozen or has no gradient, and do not count its steps', () => {
    const [a, b, c] = [one(), one(), one()];
    b.requiresGrad = false;
    const optimizer = new AdamW([a, b, c], { weightDecay: 1 });
    optimizer.step(unit([a, b]));
    expect(b.value.dataSync()[0]).toBe(1);
    expect(c.value.dataSync()[0]).toBe(1);
    expect(Object.keys(optimizer.state().scalars['parameters'] as object)).toEqual(['0']);
  });

  it('refuse what cannot work, in words', () => {
    const a = one();
    expect(() => new SGD([])).toThrow('at least one parameter');
    expect(() => new SGD([a, a])).toThrow('listed twice');
    expect(() => new SGD([{ params: [a] }, { params: [a] }])).toThrow('listed twice');
    expect(() => new SGD([tf.scalar(1)] as never)).toThrow('neither a Parameter');
    expect(() => new SGD([a], { lr: -1 })).toThrow('it must be 0 or more');
    expect(() => new SGD([a], { nesterov: true })).toThrow(InvalidArgumentError);
    expect(() => new Adafactor([a], { lr: 0.1 })).toThrow('relativeStep: false');
    expect(() => new Muon([a])).toThrow("'0' has shape [1]");
  });

  it('change nothing when a gradient has the wrong shape', () => {
    const [a, b] = [one(), one()];
    const optimizer = new SGD([a, b], { lr: 1 });
    const wrong = new Map([...unit([a]), [b, tf.tensor1d([1, 2])]] as Array<[Parameter, tf.Tensor]>);
    expect(() => optimizer.step(wrong)).toThrow("the gradient of '1' has shape [2], the parameter [1]");
    expect(a.value.dataSync()[0]).toBe(1);
  });
});

describe('loadState', () => {
  it('names what does not fit, and then changes nothing', () => {
    const parameters = weights();
    const optimizer = new AdamW(parameters);
    step(optimizer, parameters);
    const saved = stored(optimizer.state());
    const expectRefusal = (target: Optimizer, state: OptimizerState, message: string): void => {
      expect(() => target.loadState(state)).toThrow(CheckpointError);
      expect(() => target.loadState(state)).toThrow(message);
    };
    expectRefusal(new SGD(weights()), saved, 'saved by AdamW, this is SGD');
    expectRefusal(new AdamW(weights().slice(0, 1)), saved, 'group 0 has other.weight');
    expectRefusal(new AdamW([...weights(), ['third', new Parameter(tf.zeros([1]))]]), saved, 'group 0 lacks third');
    expectRefusal(
      new AdamW([{ params: weights() }, { params: [new Parameter(tf.zeros([1]))] }]),
      saved,
      '1 parameter groups',
    );
    const misshapen = new Map(saved.tensors).set('mean.layer.weight', tf.zeros([4, 3]));
    expectRefusal(optimizer, { ...saved, tensors: misshapen }, "'mean.layer.weight' has shape [4, 3], expected [3, 4]");
    const stray = new Map(saved.tensors).set('mean.nothing', tf.zeros([1]));
    expectRefusal(optimizer, { ...saved, tensors: stray }, "'mean.nothing' belongs to no parameter");
    expect(stored(optimizer.state()).scalars).toEqual(saved.scalars);
  });

  it('can take its own state', () => {
    const parameters = weights();
    const optimizer = new AdamW(parameters);
    step(optimizer, parameters);
    optimizer.loadState(optimizer.state());
    step(optimizer, parameters);
    expect(valuesOf(parameters).flat().every(Number.isFinite)).toBe(true);
  });
});

/** A permuted copy of a checkpoint-ordered weight trains to the same values: the layout is honoured. */
describe.each<[string, (p: Parameter[]) => Optimizer]>([
  ['Adafactor', (p) => new Adafactor(p, { lr: 0.05, relativeStep: false })],
  ['TorchAdafactor', (p) => new TorchAdafactor(p)],
  ['Muon', (p) => new Muon(p)],
])('%s', (_, make) => {
  it.each<[Layout, number[]]>([
    [layouts.linear, [5, 3]],
    [layouts.conv2d, [6, 3, 2, 2]],
    [layouts.convTranspose1d, [3, 2, 4]],
  ])('works in the orientation of the checkpoint: $name', (layout, shape) => {
    const stored = tf.randomNormal(shape, 0, 1, 'float32', 3);
    const gradient = tf.randomNormal(shape, 0, 1, 'float32', 4);
    const [plain, moved] = [
      new Parameter(tf.clone(stored)),
      new Parameter(tf.transpose(stored, [...layout.axes!]), layout),
    ];
    const optimizers = [make([plain]), make([moved])];
    for (let i = 0; i < 3; i++) {
      optimizers[0]!.step(new Map([[plain, gradient]]));
      optimizers[1]!.step(new Map([[moved, tf.transpose(gradient, [...layout.axes!])]]));
    }
    const values = layouts.toCheckpoint(layout, moved.value.dataSync() as Float32Array, moved.shape);
    const expected = plain.value.dataSync();
    values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  });
});
