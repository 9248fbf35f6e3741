import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { camelCase, loadStateDict } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  ConvTasNet,
  DeMask,
  DPRNNTasNet,
  DPTNet,
  LSTMTasNet,
  SuDORMRFNet,
  type ConvTasNetConfig,
  type DeMaskConfig,
  type DPRNNTasNetConfig,
  type DPTNetConfig,
  type LSTMTasNetConfig,
  type SeparationModel,
  type SuDORMRFConfig,
} from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

interface Case {
  readonly class: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly batch: number;
  readonly parameters: number;
  readonly sources: number;
  /** Nine values of the sources, evenly apart. */
  readonly output: readonly number[];
  /** Nine values of the gradient of their energy by the sound. */
  readonly gradient: readonly number[];
}

/** What asteroid (commit 92c8d83a, torch 2.14, float64) gives for weights and sound made of sines, see below. */
const reference = JSON.parse(readFileSync(new URL('asteroid.json', import.meta.url), 'utf8')) as Record<string, Case>;

const classes: Readonly<Record<string, (config: never) => SeparationModel>> = {
  ConvTasNet: (config: ConvTasNetConfig) => new ConvTasNet(config),
  DPRNNTasNet: (config: DPRNNTasNetConfig) => new DPRNNTasNet(config),
  DPTNet: (config: DPTNetConfig) => new DPTNet(config),
  LSTMTasNet: (config: LSTMTasNetConfig) => new LSTMTasNet(config),
  SuDORMRFNet: (config: SuDORMRFConfig) => new SuDORMRFNet(config),
  SuDORMRFImprovedNet: (config: SuDORMRFConfig) => new SuDORMRFNet({ ...config, variant: 'improved' }),
  DeMask: (config: DeMaskConfig) => new DeMask(config),
};

/** Weights by a formula, parameter by parameter in the order of their names; sinc filters keep their first edges. */
function fill(model: SeparationModel): number {
  const isFilled = (name: string): boolean => !name.includes('hz_');
  const parameters = [...model.namedParameters()]
    .filter(([name]) => isFilled(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const values = parameters.map(([name, { checkpointShape: shape, variable }], j) => {
    const scale = shape.length >= 2 ? Math.sqrt((2 * shape[0]!) / variable.size) : 0.2;
    const isNorm = /gamma$|norm\.weight$|ln\.weight$|norm_mha\.weight$/.test(name) && shape.length === 1;
    const data = Float32Array.from({ length: variable.size }, (_, i) => {
      const value = Math.sin(0.7 * i * i + 0.9 * i + j);
      return isNorm ? 1 + 0.3 * value : scale * value;
    });
    return [name, { dtype: 'F32' as const, shape, bytes: new Uint8Array(data.buffer) }] as const;
  });
  const given = new Set(values.map(([name]) => name));
  const others = [...model.namedState()].filter(([name]) => !given.has(name)).map(([name]) => new RegExp(`^${name}$`));
  loadStateDict(model, new Map(values), { ignore: others });
  return parameters.length;
}

/** Nine values, evenly apart. */
function nine(x: tf.Tensor): number[] {
  const step = Math.max(1, Math.floor(x.size / 9));
  return [...x.dataSync<'float32'>()].filter((_, i) => i % step === 0).slice(0, 9);
}

it.each(Object.entries(reference))(
  'agrees with asteroid: %s',
  (_, { class: name, args, batch, parameters, sources, output, gradient }) => {
    const model = classes[name]!(camelCase(args) as never).eval();
    expect(fill(model)).toBe(parameters);
    tf.tidy(() => {
      const sound = Float32Array.from({ length: batch * 120 }, (_, i) => Math.sin(0.11 * (i + 1) ** 1.3));
      const x = tf.tensor2d(sound, [batch, 120]);
      const y = model.forward(x);
      expect(y.shape).toEqual([batch, sources, 120]);
      const dx = tf.grad((x: tf.Tensor) => tf.sum(tf.square(model.forward(x))))(x);
      for (const [ours, theirs] of [
        [nine(y), output],
        [nine(dx), gradient],
      ] as const) {
        const bound = 2e-4 * Math.max(...theirs.map(Math.abs));
        ours.forEach((value, i) => expect(Math.abs(value - theirs[i]!)).toBeLessThan(bound));
      }
    });
    model.dispose();
  },
);
