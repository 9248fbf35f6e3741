import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, normalTensor, scope, valueAndGradients, type Checkpoint } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import { radiusGraph, SchNet, schNetFamilies } from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const make = (): SchNet =>
  new SchNet({
    hiddenChannels: 8,
    numFilters: 6,
    numInteractions: 2,
    numGaussians: 5,
    cutoff: 3,
    atomTypes: 10,
    mean: 0.5,
    std: 2,
    atomref: Array.from({ length: 10 }, (_, z) => -1 - z),
    generator: new Generator(4),
  });
const atoms = (): tf.Tensor => tf.tensor1d([1, 6, 8, 1, 1, 6, 7], 'int32');
const positions = (): tf.Tensor => tf.mul(normalTensor([7, 3], 0, 1, new Generator(2)), 1.2);
const molecules = (): functional.Segments => new functional.Segments([0, 0, 0, 2, 2, 2, 2], 3);

describe('SchNet', () => {
  it('does not see where molecules are, how they are turned, or the order of their atoms', () => {
    const model = make();
    const batch = molecules();
    scope(() => {
      const [z, pos] = [atoms(), positions()];
      const energy = model.forward(z, pos, { batch });
      expect(energy.shape).toEqual([3, 1]);
      expect(energy.dataSync()[1]).toBe(0);
      const [c, s] = [Math.cos(0.8), Math.sin(0.8)];
      const turned = tf.add(tf.matMul(pos as tf.Tensor2D, tf.tensor2d([[c, s, 0], [-s, c, 0], [0, 0, 1]])), [3, -1, 2]); // prettier-ignore
      expectClose(model.forward(z, turned, { batch }), energy, { rtol: 1e-4, atol: 1e-4 });
      const order = [6, 0, 2, 4, 1, 3, 5];
      const shuffled = new functional.Segments(
        order.map((atom) => batch.values.ids[atom]!),
        3,
      );
      expectClose(model.forward(tf.gather(z, order), tf.gather(pos, order), { batch: shuffled }), energy, {
        rtol: 1e-4,
      });
      shuffled.dispose();
      // a molecule by itself is one without a batch
      const alone = model.forward(tf.slice(z, 0, 3), tf.slice(pos, 0, 3));
      expectClose(alone, tf.slice(energy, 0, 1), { rtol: 1e-4 });
    });
    batch.dispose();
    model.dispose();
  });

  it('has forces: minus the gradient of the energy, which add up to nothing', () => {
    const model = make();
    const batch = molecules();
    const before = tf.memory().numTensors;
    scope(() => {
      const [z, pos] = [atoms(), positions()];
      expectGradient((pos) => model.forward(z, pos!, { batch }), [pos], { step: 3e-3 });
      const { forces } = model.energyAndForces(z, pos, { batch });
      expectClose(functional.segmentSum(forces, batch), tf.zeros([3, 3]), { atol: 1e-5 });
    });
    expect(tf.memory().numTensors).toBe(before);
    batch.dispose();
    model.dispose();
  });

  it('gives every parameter a gradient, from energies and from forces', () => {
    const model = make();
    const step = (of: 'energy' | 'forces'): void =>
      scope(() => {
        const { gradients } = valueAndGradients(() => {
          const result =
            of === 'energy' ? model.forward(atoms(), positions()) : model.energyAndForces(atoms(), positions()).forces;
          return tf.sum(tf.square(result));
        }, model.parameters());
        for (const [name, parameter] of model.namedParameters()) {
          // energies of single atoms, and constants, do not depend on positions
          if (of === 'forces' && (name === 'atomref.weight' || name === 'lin2.bias')) continue;
          const gradient = gradients.get(parameter);
          expect(gradient, `${name} from ${of}`).toBeDefined();
          expect(tf.max(tf.abs(gradient!)).dataSync()[0], `${name} from ${of}`).toBeGreaterThan(0);
        }
      });
    step('energy');
    step('forces');
    const before = tf.memory().numTensors;
    step('energy');
    step('forces');
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('takes pairs that are known, atoms in one place, and atoms alone', () => {
    const model = make();
    scope(() => {
      const [z, pos] = [atoms(), positions()];
      const edges = radiusGraph(pos, 3);
      expectClose(model.forward(z, pos, { edges }), model.forward(z, pos), { atol: 0 });
      edges.dispose();
      const { energy, forces } = model.energyAndForces(tf.tensor1d([1, 1], 'int32'), tf.zeros([2, 3]));
      expect([...energy.dataSync(), ...forces.dataSync()].every(Number.isFinite)).toBe(true);
      expect([...forces.dataSync()].every((value) => value === 0)).toBe(true);
      expect(model.forward(tf.tensor1d([6], 'int32'), tf.zeros([1, 3])).shape).toEqual([1, 1]);
    });
    model.dispose();
  });

  it('is the same after saving and loading', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'schnet-'));
    const model = make();
    await model.savePretrained(folder);
    const loaded = await SchNet.fromPretrained(folder);
    expect(loaded.config).toEqual(model.config);
    scope(() => expectClose(loaded.forward(atoms(), positions()), model.forward(atoms(), positions()), { atol: 0 }));
    loaded.dispose();
    model.dispose();
    await rm(folder, { recursive: true });
  });

  it('refuses a checkpoint made for dipole moments', () => {
    const config = { library: 'pyg', class: 'torch_geometric.nn.SchNet(...)', args: { dipole: true } };
    const reference = schNetFamilies.find((family) => family.matches(config))!;
    expect(() => reference.build(config, {} as Checkpoint)).toThrow(/dipole moments/);
  });

  it('refuses what does not fit', () => {
    expect(() => new SchNet({ cutoff: 0 })).toThrow(/cutoff must be positive, got 0/);
    expect(() => new SchNet({ numGaussians: 1 })).toThrow(/numGaussians must be a whole number from 2 on, got 1/);
    const model = make();
    scope(() => {
      expect(() => model.forward(atoms(), tf.zeros([7, 2]))).toThrow(/positions \[n, 3\], got \[7\] and \[7, 2\]/);
      expect(() => model.forward(atoms(), tf.zeros([6, 3]))).toThrow(/got \[7\] and \[6, 3\]/);
    });
    model.dispose();
  });
});
