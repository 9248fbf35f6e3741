import * as tf from '@tensorflow/tfjs-core';
import {
  Conv2d,
  layouts,
  Linear,
  Module,
  ModuleDict,
  ParameterDict,
  ModuleList,
  normalTensor,
  Parameter,
  ReLU,
  Sequential,
  StateBuffer,
} from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('cpu')));

class Block extends Module {
  readonly weight = new Parameter(tf.ones([2, 3]), layouts.linear);
  readonly running_mean = new StateBuffer(tf.zeros([3]));
  readonly layers = new ModuleList([new Linear(3, 3), new Linear(3, 2, { bias: false })]);
  readonly named = new ModuleDict({ x_0_1: new Linear(1, 1) });
  readonly list = [new Parameter(tf.zeros([1])), new Parameter(tf.zeros([2]))];
  readonly tied: Parameter = this.weight;
  readonly #hidden = new Linear(1, 1);
  forward(x: tf.Tensor): tf.Tensor {
    return this.#hidden.forward(x);
  }
  override dispose(): void {
    super.dispose();
    this.#hidden.dispose();
  }
}

describe('ParameterDict', () => {
  it('names its parameters, and says which there are', () => {
    const dict = new ParameterDict({ day: new Parameter(tf.zeros([1])), night: new Parameter(tf.ones([2])) });
    expect(Array.from(dict.namedParameters(), ([name]) => name)).toEqual(['day', 'night']);
    expect([dict.has('day'), dict.has('noon'), [...dict.keys()]]).toEqual([true, false, ['day', 'night']]);
    expect(dict.get('night').shape).toEqual([2]);
    expect(() => dict.get('noon')).toThrow("no parameter 'noon'; there are day, night");
    expect(() => dict.set('training', new Parameter(tf.zeros([1])))).toThrow("named 'training'");
  });
});

describe('Module', () => {
  it('names parameters and buffers by their dotted field paths, shared ones under each name', () => {
    const block = new Block();
    const names = [
      'weight',
      'running_mean',
      'layers.0.weight',
      'layers.0.bias',
      'layers.1.weight',
      'named.x_0_1.weight',
      'named.x_0_1.bias',
      'list.0',
      'list.1',
    ];
    expect(Array.from(block.namedState(), ([name]) => name)).toEqual([...names, 'tied']);
    expect(Array.from(block.namedParameters(), ([name]) => name)).toEqual(
      names.filter((name) => name !== 'running_mean'),
    );
    expect(Array.from(block.namedBuffers(), ([name]) => name)).toEqual(['running_mean']);
    expect(Array.from(block.namedModules(), ([name]) => name)).toEqual([
      '',
      'layers',
      'layers.0',
      'layers.1',
      'named',
      'named.x_0_1',
    ]);
    expect(block.parameterCount).toBe(6 + 12 + 6 + 2 + 3);
    block.dispose();
  });

  it('switches training and gradients for everything below', () => {
    const block = new Block();
    block.eval();
    expect(Array.from(block.namedModules(), ([, module]) => module.training)).not.toContain(true);
    block.train();
    expect(Array.from(block.namedModules(), ([, module]) => module.training)).not.toContain(false);
    block.requiresGrad(false);
    expect(block.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
    block.dispose();
  });

  it('frees all that it holds, once, and survives the tidy it was built in', () => {
    const before = tf.memory().numTensors;
    const block = tf.tidy(() => new Block() as unknown as tf.TensorContainer) as unknown as Block;
    expect(block.weight.value.dataSync()).toHaveLength(6);
    block.dispose();
    block.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses to assign another shape', () => {
    const parameter = new Parameter(tf.zeros([2, 3]));
    expect(() => parameter.assign(tf.zeros([3, 2]))).toThrow('cannot assign shape [3, 2] to a tensor of shape [2, 3]');
    parameter.dispose();
  });
});

describe('Sequential', () => {
  it('keeps numbers with gaps, and runs in order', () => {
    const layers = new Sequential(new Linear(2, 3), null, new ReLU(), new Linear(3, 1));
    expect(Array.from(layers.namedParameters(), ([name]) => name)).toEqual([
      '0.weight',
      '0.bias',
      '3.weight',
      '3.bias',
    ]);
    expect(layers.forward(tf.ones([4, 2])).shape).toEqual([4, 1]);
    layers.dispose();
  });
});

describe('layouts', () => {
  it('convert there and back for every layer, and give the same numbers as a transpose', () => {
    const cases = Object.values(layouts).filter((layout): layout is layouts.Layout => typeof layout === 'object');
    expect(cases.length).toBeGreaterThanOrEqual(8);
    for (const layout of cases) {
      const shape = [2, 3, 4, 5, 6].slice(0, layout.axes?.length ?? 2);
      const stored = normalTensor(shape);
      const values = stored.dataSync() as Float32Array;
      const memory = layouts.toMemory(layout, values, shape);
      expect(memory).toEqual(layout.axes === null ? values : tf.transpose(stored, [...layout.axes]).dataSync());
      const inMemory = layouts.memoryShape(layout, shape);
      expect(layouts.checkpointShape(layout, inMemory)).toEqual(shape);
      expect(layouts.toCheckpoint(layout, memory, inMemory)).toEqual(values);
    }
  });

  it('a convolution shows both its shapes', () => {
    const conv = new Conv2d(3, 8, { kernelSize: 5 });
    expect(conv.weight.shape).toEqual([5, 5, 3, 8]);
    expect(conv.weight.checkpointShape).toEqual([8, 3, 5, 5]);
    conv.dispose();
  });
});
