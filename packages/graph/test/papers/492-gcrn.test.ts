import * as tf from '@tensorflow/tfjs-core';
import { Adam, Generator, Linear, losses, LSTM, Module, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import { ChebConv, EdgeIndex, GCRN } from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { mean } from './nodes.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const side = 10;
const frames = 6;

/** Digits in 3 × 5 pixels, a bit each, from the upper left. */
const digits = ['111101101101111', '010110010010111', '111001111100111', '111001011001111', '101101111001001'];

/** Two digits that move and bounce: [time, sequences, side, side], values 0 and 1. */
function movingDigits(sequences: number, generator: Generator): tf.Tensor4D {
  const values = new Float32Array(frames * sequences * side * side);
  for (let s = 0; s < sequences; s++) {
    for (let d = 0; d < 2; d++) {
      const digit = digits[generator.integer(0, digits.length)]!;
      const room = [side - 5, side - 3];
      const at = room.map((r) => generator.integer(0, r + 1));
      const velocity = room.map(() => generator.integer(-1, 2));
      for (let t = 0; t < frames; t++) {
        for (let p = 0; p < 15; p++) {
          const [y, x] = [at[0]! + Math.floor(p / 3), at[1]! + (p % 3)];
          if (digit[p] === '1') values[((t * sequences + s) * side + y) * side + x] = 1;
        }
        for (let axis = 0; axis < 2; axis++) {
          let next = at[axis]! + velocity[axis]!;
          if (next < 0 || next > room[axis]!) {
            velocity[axis] = -velocity[axis]!;
            next = Math.min(Math.max(at[axis]! + velocity[axis]!, 0), room[axis]!);
          }
          at[axis] = next;
        }
      }
    }
  }
  return tf.tensor4d(values, [frames, sequences, side, side]);
}

/** Pixels with their eight neighbours, as many pictures beside each other. */
function pixelGrid(pictures: number): EdgeIndex {
  const [source, destination]: [number[], number[]] = [[], []];
  for (let node = 0; node < pictures * side * side; node++) {
    const [y, x] = [Math.floor(node / side) % side, node % side];
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1]) {
        if ((dy === 0 && dx === 0) || y + dy < 0 || y + dy >= side || x + dx < 0 || x + dx >= side) continue;
        source.push(node);
        destination.push(node + dy * side + dx);
      }
    }
  }
  return new EdgeIndex([source, destination], pictures * side * side);
}

/** An LSTM that sees each frame as one vector. */
class FCLSTM extends Module {
  readonly lstm: LSTM;
  readonly lin: Linear;

  constructor(hidden: number, generator: Generator) {
    super();
    this.lstm = new LSTM(side * side, hidden, { generator });
    this.lin = new Linear(hidden, side * side, { generator });
  }

  /** [time, sequences, pixels] to logits of the next frames. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.lin.forward(this.lstm.forward(x).output));
  }
}

describe('GCRN (492)', () => {
  it('Chebyshev filters are what they are in the spectrum', () => {
    // a ring, whose Laplacian's eigenvectors are the waves, of eigenvalue 1 - cos
    const nodes = 10;
    const around = Array.from({ length: nodes }, (_, node) => (node + 1) % nodes);
    const own = around.map((_, node) => node);
    const ring = new EdgeIndex([own.concat(around), around.concat(own)], nodes);
    const conv = new ChebConv(1, 1, { K: 5, bias: false, generator: new Generator(1) });
    scope(() => {
      const x = normalTensor([nodes, 1], 0, 1, new Generator(2));
      const weights = [...conv.lins].map((lin) => lin.weight.value.dataSync()[0]!);
      const basis: number[][] = [];
      const response: number[] = [];
      for (let wave = 0; wave < nodes; wave++) {
        const frequency = Math.ceil(wave / 2);
        const phase = wave % 2 === 0 ? 0 : -Math.PI / 2;
        const values = own.map((node) => Math.cos((2 * Math.PI * frequency * node) / nodes + phase));
        // the highest frequency has one phase only
        const vector = wave === nodes - 1 ? own.map((node) => Math.cos(Math.PI * node)) : values;
        const length = Math.hypot(...vector);
        basis.push(vector.map((value) => value / length));
        const scaled = (2 * (1 - Math.cos((2 * Math.PI * frequency) / nodes))) / 2 - 1;
        response.push(weights.reduce((sum, weight, k) => sum + weight * Math.cos(k * Math.acos(scaled)), 0));
      }
      const vectors = tf.tensor2d(basis);
      const spectral = tf.mul(tf.matMul(vectors, x as tf.Tensor2D), tf.tensor2d(response, [nodes, 1]));
      expectClose(conv.forward(x, ring, { lambdaMax: 2 }), tf.matMul(vectors, spectral as tf.Tensor2D, true), {
        atol: 1e-5,
      });
    });
    conv.dispose();
    ring.dispose();
  });

  it.skipIf(training.isMissing)(
    training.title('both models predict moving digits on a grid of pixels better than an LSTM of as many parameters'),
    () => {
      const [batch, steps] = [4, 90];
      const generator = new Generator(3);
      const data = movingDigits(64, generator);
      const unseen = Array.from({ length: 8 }, () => movingDigits(batch, generator));
      const grid = pixelGrid(batch);
      const nodes = batch * side * side;
      const onGrid = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [x.shape[0]!, nodes, 1]);
      const asVectors = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [x.shape[0]!, batch, side * side]);

      /** Mean cross entropy of the next frames of unseen sequences. */
      function trained(model: Module, run: (x: tf.Tensor) => tf.Tensor, shape: (x: tf.Tensor) => tf.Tensor): number {
        const optimizer = new Adam(model.parameters(), { lr: 0.03 });
        const loss = (x: tf.Tensor): tf.Tensor => {
          const frames = shape(x);
          const [past, next] = [tf.slice(frames, 0, frames.shape[0]! - 1), tf.slice(frames, 1)];
          return losses.bceWithLogits(run(past), next);
        };
        for (let step = 0; step < steps; step++) {
          scope(() => {
            const x = tf.slice(data, [0, (step * batch) % 64, 0, 0], [frames, batch, side, side]);
            optimizer.step(valueAndGradients(() => loss(x), model.parameters()).gradients);
          });
        }
        optimizer.dispose();
        const scores = unseen.map((x) => scope(() => loss(x).dataSync()[0]!));
        return mean(scores);
      }

      const score = (kind: 'M1' | 'M2', hidden: number, K = 3): { loss: number; parameters: number } => {
        const model = new GCRN({
          inChannels: 1,
          hiddenChannels: hidden,
          outChannels: 1,
          kind,
          K,
          generator: new Generator(4),
        });
        const loss = trained(model, (x) => model.forward(x, grid, { lambdaMax: 2 }), onGrid);
        const parameters = model.parameterCount;
        model.dispose();
        return { loss, parameters };
      };
      const dense = new FCLSTM(6, new Generator(4));
      const results = {
        'FC-LSTM': { loss: trained(dense, (x) => dense.forward(x), asVectors), parameters: dense.parameterCount },
        'GCRN-M1': score('M1', 19),
        'GCRN-M2': score('M2', 15),
        'no neighbours': score('M2', 26, 1),
      };
      console.log(results);
      for (const kind of ['GCRN-M1', 'GCRN-M2'] as const) {
        expect(results[kind].parameters).toBeLessThanOrEqual(results['FC-LSTM'].parameters);
        expect(results[kind].loss).toBeLessThan(0.75 * results['FC-LSTM'].loss);
        expect(results[kind].loss).toBeLessThan(0.75 * results['no neighbours'].loss);
      }
      tf.dispose([data, ...unseen]);
      dense.dispose();
      grid.dispose();
    },
  );
});
