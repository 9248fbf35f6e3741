import { isSoftwareAdapter, useBackend, type BackendName, type Module } from '@hourglass/core';
import { missingBackend, testBackends } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { difference, relativeTo, type Values } from '../outputs.js';
import { readState, type Subject } from '../subject.js';
import { excuse } from './gradients.js';

const reference = 'cpu';
/** How far a backend's rounding may lead, relative to the largest value of a tensor. */
const closeness = 2e-3;

/** Every backend at hand gives what plain JavaScript gives: outputs, and gradients. */
export const backends: CheckDefinition = {
  rule: 'backends',
  name: 'gives the same on every backend at hand',
  async run(subject) {
    const inUse = tf.getBackend();
    try {
      let expected: Measured | undefined;
      for (const backend of subject.facts.backends ?? testBackends('wasm', 'native', 'webgpu')) {
        if (backend === reference || !(await isAtHand(backend))) continue;
        expected ??= await measured(subject, reference);
        const actual = await measured(subject, backend, expected.state);
        for (const what of ['outputs', 'gradients'] as const) {
          for (const [name, values] of expected[what]) {
            // of what is zero each backend's rounding leaves something else
            if (what === 'gradients' && excuse(name, subject.facts.withoutGradient ?? {}) !== undefined) continue;
            const one = (from: Values | undefined): Map<string, Values> => new Map(from && [[name, from]]);
            const gap = difference(one(actual[what].get(name)), one(values), relativeTo([values], closeness));
            expectThat(gap === null, () => `${what} on ${backend} are not those on ${reference}: ${gap}`);
          }
        }
      }
    } finally {
      await tf.setBackend(inUse);
    }
  },
};

interface Measured {
  readonly outputs: Map<string, Values>;
  readonly gradients: Map<string, Values>;
  readonly state: Map<string, Values>;
}

async function measured<Model extends Module, Input>(
  subject: Subject<Model, Input>,
  backend: BackendName,
  state?: ReadonlyMap<string, Values>,
): Promise<Measured> {
  await useBackend(backend);
  return subject.withModel(async (model) => {
    for (const [name, leaf] of model.namedState()) {
      const given = state?.get(name);
      if (given !== undefined) tf.tidy(() => leaf.assign(tf.tensor(given.values, [...given.shape], given.dtype)));
    }
    const own = await readState(model);
    return subject.withInput(
      async (input) => {
        const outputs = subject.read(model.eval(), input);
        return { outputs, gradients: await subject.readGradients(model, input), state: own };
      },
      subject.usual,
      1,
    );
  });
}

/** Whether a backend starts here; a GPU in software is taken only where it was asked for. */
async function isAtHand(backend: BackendName): Promise<boolean> {
  if ((await missingBackend(backend)) !== null) return false;
  if (backend !== 'webgpu' || process.env['HOURGLASS_TEST_BACKEND'] === 'webgpu') return true;
  const { device } = tf.backend() as unknown as { device?: { adapterInfo?: GPUAdapterInfo } };
  const info = device?.adapterInfo;
  return info === undefined || !isSoftwareAdapter(`${info.description} ${info.device} ${info.vendor}`);
}
