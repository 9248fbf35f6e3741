import * as tf from '@tensorflow/tfjs-core';
import {
  Generator,
  GRU,
  GRUCell,
  InvalidArgumentError,
  LSTM,
  LSTMCell,
  normalTensor,
  RNN,
  RNNCell,
  useBackend,
  type Module,
} from '@hourglass/core';
import { expectClose, expectGradient, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const draw = (shape: number[], seed: number): tf.Tensor => normalTensor(shape, 0, 1, new Generator(seed));
const names = (module: Module): string[] => Array.from(module.namedParameters(), ([name]) => name);

/** Gives one layer's parameters to a cell, whose names lack the suffix. */
function share(layer: Module, cell: Module): void {
  const from = new Map(layer.namedParameters());
  for (const [name, parameter] of cell.namedParameters()) parameter.assign(from.get(`${name}_l0`)!.value);
}

describe.each(testBackends('wasm', 'cpu'))('recurrent layers on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  it('carry the names and shapes of torch checkpoints', () => {
    const lstm = new LSTM(3, 4, { numLayers: 2, bidirectional: true, projSize: 2 });
    const one = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'weight_hr'];
    const suffixes = ['_l0', '_l0_reverse', '_l1', '_l1_reverse'];
    expect(names(lstm)).toEqual(suffixes.flatMap((suffix) => one.map((name) => name + suffix)));
    const shapes = Object.fromEntries(Array.from(lstm.namedParameters(), ([name, p]) => [name, p.checkpointShape]));
    expect(shapes).toMatchObject({ weight_ih_l0: [16, 3], weight_hh_l0: [16, 2], weight_hr_l0: [2, 4] });
    expect(shapes).toMatchObject({ weight_ih_l1: [16, 4], bias_ih_l1: [16] });
    expect(names(new GRU(3, 4, { bias: false }))).toEqual(['weight_ih_l0', 'weight_hh_l0']);
    expect(names(new RNNCell(3, 4))).toEqual(['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']);
    const bound = 1 / Math.sqrt(4);
    for (const p of lstm.parameters()) expect(Math.max(...p.value.dataSync().map(Math.abs))).toBeLessThan(bound);
  });

  it('do at every step what their cell does', () => {
    const x = draw([5, 2, 3], 1);
    const steps = tf.unstack(x);
    const pairs = [
      [new RNN(3, 4, { nonlinearity: 'relu' }), new RNNCell(3, 4, { nonlinearity: 'relu' })],
      [new GRU(3, 4), new GRUCell(3, 4)],
    ] as const;
    for (const [layer, cell] of pairs) {
      share(layer, cell);
      let h: tf.Tensor = tf.zeros([2, 4]);
      const outputs = steps.map((step) => (h = cell.forward(step, h)));
      const result = layer.forward(x);
      expectClose(result.output, tf.stack(outputs));
      expectClose(result.h, tf.expandDims(h, 0));
    }
    const [layer, cell] = [new LSTM(3, 4), new LSTMCell(3, 4)];
    share(layer, cell);
    let state = { h: tf.zeros([2, 4]), c: tf.zeros([2, 4]) };
    const outputs = steps.map((step) => (state = cell.forward(step, state)).h);
    const result = layer.forward(x);
    expectClose(result.output, tf.stack(outputs));
    expectClose(result.c, tf.expandDims(state.c, 0));
  });

  it('treat each of several lengths as if it were alone', () => {
    const x = draw([6, 3, 2], 2);
    const lengths = [4, 6, 1];
    for (const layer of [
      new RNN(2, 3, { numLayers: 2, bidirectional: true }),
      new GRU(2, 3, { numLayers: 2, bidirectional: true }),
      new LSTM(2, 3, { numLayers: 2, bidirectional: true, projSize: 2 }),
    ]) {
      const { output, h } = layer.forward(x, { lengths });
      lengths.forEach((length, b) => {
        const alone = layer.forward(tf.reshape(tf.slice(x, [0, b, 0], [length, 1, 2]), [length, 2]));
        const size = output.shape[2]!;
        const own = tf.reshape(tf.slice(output, [0, b, 0], [6, 1, size]), [6, size]);
        expectClose(tf.slice(own, [0, 0], [length, size]), alone.output);
        expect(
          tf
            .slice(own, [length, 0])
            .dataSync()
            .every((value) => value === 0),
        ).toBe(true);
        expectClose(tf.reshape(tf.slice(h, [0, b, 0], [4, 1, -1]), alone.h.shape), alone.h);
      });
    }
  });

  it('take the batch first, or no batch', () => {
    const x = draw([4, 2, 3], 3);
    const lstm = new LSTM(3, 2, { batchFirst: true, bidirectional: true });
    const { output, h, c } = lstm.forward(tf.transpose(x, [1, 0, 2]));
    expect([output.shape, h.shape, c.shape]).toEqual([
      [2, 4, 4],
      [2, 2, 2],
      [2, 2, 2],
    ]);
    const single = lstm.forward(tf.reshape(tf.slice(x, [0, 0, 0], [4, 1, 3]), [4, 3]));
    expectClose(single.output, tf.reshape(tf.slice(output, [0, 0, 0], [1, 4, 4]), [4, 4]));
  });

  it.each([
    ['RNN tanh', () => new RNN(2, 3)],
    ['RNN relu', () => new RNN(2, 3, { nonlinearity: 'relu' })],
    ['GRU', () => new GRU(2, 3)],
    ['LSTM', () => new LSTM(2, 3)],
    ['projected LSTM', () => new LSTM(2, 3, { projSize: 2 })],
  ] as ReadonlyArray<[string, () => RNN | GRU | LSTM]>)(
    '%s has the right gradients of inputs, states and parameters',
    (_, make) => {
      const layer = make();
      const size = layer instanceof LSTM && layer.projSize > 0 ? layer.projSize : 3;
      const inputs = [draw([4, 2, 2], 4), draw([1, 2, size], 5), draw([1, 2, 3], 6)].slice(
        0,
        layer instanceof LSTM ? 3 : 2,
      );
      const run = (x: tf.Tensor, h?: tf.Tensor, c?: tf.Tensor): tf.Tensor => {
        const result = layer.forward(x, { ...(h && { h }), ...(c && { c }) });
        const parts = [result.output, result.h, ...('c' in result ? [result.c as tf.Tensor] : [])];
        return tf.concat(parts.map((part) => tf.reshape(part, [-1])));
      };
      expectGradient((...args) => run(...(args as [tf.Tensor])), inputs, { step: 3e-3 });

      const variables = layer.parameters().map((parameter) => parameter.variable);
      const { grads } = tf.variableGrads(() => tf.sum(run(inputs[0]!)) as tf.Scalar, variables);
      for (const variable of variables) {
        const values = variable.dataSync().slice() as Float32Array;
        const at = values.length >> 1;
        const moved = (by: number): number => {
          const shifted = values.slice();
          shifted[at] = values[at]! + by;
          variable.assign(tf.tensor(shifted, variable.shape));
          return tf.sum(run(inputs[0]!)).dataSync()[0]!;
        };
        const numeric = (moved(1e-2) - moved(-1e-2)) / 2e-2;
        variable.assign(tf.tensor(values, variable.shape));
        expect(Math.abs(numeric - grads[variable.name]!.dataSync()[at]!)).toBeLessThan(5e-3);
      }
    },
  );

  it('can be differentiated twice', () => {
    const x = draw([3, 1, 2], 7);
    for (const layer of [new RNN(2, 2), new GRU(2, 2), new LSTM(2, 2)]) {
      const energy = (v: tf.Tensor): tf.Tensor => tf.sum(tf.square(layer.forward(v).output));
      expectGradient((v) => tf.grad(energy)(v), [x], { step: 3e-3, atol: 5e-3 });
    }
  });

  it('drop between layers while training only, and repeat with the same seed', () => {
    const x = draw([3, 2, 2], 8);
    const make = (): GRU => new GRU(2, 4, { numLayers: 2, dropout: 0.5, generator: new Generator(9) });
    const [a, b] = [make(), make()];
    expectClose(a.forward(x).output, b.forward(x).output);
    const [first, second] = [a.forward(x).output, a.forward(x).output];
    expect(tf.max(tf.abs(tf.sub(first, second))).dataSync()[0]).toBeGreaterThan(0);
    a.eval();
    expectClose(a.forward(x).output, a.forward(x).output);
  });

  it('say what is wrong with an input', () => {
    const lstm = new LSTM(3, 4);
    expect(() => lstm.forward(tf.zeros([5, 2, 2]))).toThrow(/LSTM.*\[time, batch, 3\].*\[5, 2, 2\]/);
    expect(() => lstm.forward(tf.zeros([5, 2, 3]), { h: tf.zeros([1, 3, 4]) })).toThrow(
      /state h needs shape \[1, 2, 4\]/,
    );
    expect(() => lstm.forward(tf.zeros([5, 2, 3]), { lengths: [5, 6] })).toThrow(/between 1 and 5/);
    expect(() => new LSTM(3, 4, { projSize: 4 })).toThrow(InvalidArgumentError);
    expect(() => new GRUCell(3, 4).forward(tf.zeros([2, 5]))).toThrow(/GRUCell.*\[2, 5\]/);
  });

  it('leave no tensor behind', () => {
    const x = draw([4, 2, 3], 10);
    const layer = new LSTM(3, 4, { numLayers: 2, bidirectional: true, dropout: 0.1 });
    const variables = layer.parameters().map((parameter) => parameter.variable);
    const before = tf.memory().numTensors;
    tf.dispose(Object.values(layer.forward(x, { lengths: [4, 2] })));
    tf.dispose(tf.variableGrads(() => tf.sum(layer.forward(x).output) as tf.Scalar, variables));
    expect(() => layer.forward(x, { lengths: [9, 9] })).toThrow(InvalidArgumentError);
    expect(tf.memory().numTensors).toBe(before);
    layer.dispose();
    expect(tf.memory().numTensors).toBe(before - variables.length);
  });
});
