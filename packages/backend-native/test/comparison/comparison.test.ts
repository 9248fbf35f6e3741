import { existsSync, readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import type { Addon, NativeBackend } from '@hourglass/backend-native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeKernels } from '../../src/kernels/index.js';
import { Draw, type Case, type Family, type Given } from './case.js';

// Random calls of every kernel, each compared with TFJS's cpu backend in every instruction set and on one and two threads.
// `HOURGLASS_ADDON` names another binary to be tested, such as one with sanitizers.

const folder = new URL('cases/', import.meta.url);
const families = readdirSync(folder).toSorted();

/** What is not compared here, for want of a composition that is short enough to be an oracle, by the file that tests it. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  'activations.test.ts': ['HourglassActivation', 'HourglassActivationGrad'],
  'attention.test.ts': ['HourglassAttention', 'HourglassAttentionGradient'],
  'convolution-layer.test.ts': [
    'HourglassConvolution',
    'HourglassConvolutionInputGradient',
    'HourglassConvolutionFilterGradient',
  ],
  'cross-entropy.test.ts': [
    'HourglassSoftmaxCrossEntropy',
    'HourglassSoftmaxCrossEntropyGrad',
    'HourglassLabelWeights',
    'HourglassLabelRange',
  ],
  'fold.test.ts': ['HourglassUnfold', 'HourglassFold'],
  // the first two take complex numbers
  'fourier.test.ts': [
    'FFT',
    'IFFT',
    'HourglassDft',
    'HourglassRealDft',
    'HourglassRealInverseDft',
    'HourglassFrames',
    'HourglassOverlapAdd',
  ],
  'grid-sample.test.ts': ['HourglassGridSample', 'HourglassGridSampleInputGradient', 'HourglassGridSampleGridGradient'],
  'graph.test.ts': [
    'HourglassSegmentMax',
    'HourglassSegmentMaxGradient',
    'HourglassSegmentSoftmax',
    'HourglassSegmentSoftmaxGradient',
  ],
  'indexing.test.ts': ['HourglassSparseProduct', 'HourglassSampledProduct'],
  'interpolate.test.ts': ['HourglassResample'],
  'linear.test.ts': ['HourglassLinear', 'HourglassLinearGradient'],
  'norms.test.ts': ['HourglassRowNormGrad', 'HourglassGroupedNormGrad', 'HourglassFixedNormGrad'],
  'optimizers.test.ts': [
    'HourglassAdamUpdate',
    'HourglassSGDUpdate',
    'HourglassRMSpropUpdate',
    'HourglassAdagradUpdate',
    'HourglassGradientNorms',
  ],
  'periodic.test.ts': ['HourglassSnake', 'HourglassSnakeGrad'],
  'pooling-functional.test.ts': [
    'HourglassMaxPool',
    'HourglassMaxPoolGradient',
    'HourglassMaxPoolPlaces',
    'HourglassAveragePool',
    'HourglassAveragePoolGradient',
  ],
  'state-space.test.ts': ['HourglassSelectiveScan', 'HourglassSelectiveScanGrad'],
  'random.test.ts': ['HourglassRandomUniform', 'HourglassRandomBernoulli'],
  'rnn.test.ts': [
    'HourglassRnnScan',
    'HourglassRnnScanGradient',
    'HourglassGruScan',
    'HourglassGruScanGradient',
    'HourglassLstmScan',
    'HourglassLstmScanGradient',
  ],
};

let addon: Addon;
let backend: NativeBackend;
const covered = new Set<string>();
let comparisons = 0;
let distinct = 0;

beforeAll(async () => {
  await useBackend('native');
  backend = tf.backend() as NativeBackend;
  ({ addon } = backend);
});

afterAll(() => {
  addon.setIsa(addon.isas().at(-1)!);
  addon.setThreads(2);
});

interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: Float32Array;
}

function tensorsOf(inputs: Readonly<Record<string, Given>>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape, dtype }]) => [name, tf.tensor(values, [...shape], dtype)]),
  );
}

/** What `run` reads from tensors that it makes. */
function inScope<T>(run: () => T): T {
  tf.engine().startScope();
  try {
    return run();
  } finally {
    tf.engine().endScope();
  }
}

/** Runs a kernel as TFJS does; a kernel of a list gets it as a list. */
function runKernel({ kernel, inputs, attrs = {} }: Case, tensors: Record<string, tf.Tensor>): tf.Tensor[] {
  const given = '0' in inputs ? (Object.values(tensors) as unknown as tf.NamedTensorMap) : tensors;
  return [tf.engine().runKernel(kernel, given, attrs as tf.NamedAttrMap)].flat() as tf.Tensor[];
}

function resultsOf(tensors: readonly tf.Tensor[]): Result[] {
  return tensors.map((x) => ({ shape: x.shape, dtype: x.dtype, values: x.dataSync<'float32'>() }));
}

function expected(one: Case): Result[] {
  tf.setBackend('cpu');
  return inScope(() => {
    const tensors = tensorsOf(one.inputs);
    return resultsOf(one.oracle === undefined ? runKernel(one, tensors) : [one.oracle(tensors)].flat());
  });
}

const bytes = ({ values }: Result): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** What is wrong with one case; nothing if it is right. */
function problems(one: Case): string[] {
  const oracle = expected(one);
  tf.setBackend('native');
  const found: string[] = [];
  inScope(() => {
    const tensors = tensorsOf(one.inputs);
    for (const isa of addon.isas()) {
      addon.setIsa(isa);
      let single: Result[] = [];
      for (const threads of [1, 2]) {
        addon.setThreads(threads);
        const results = inScope(() => resultsOf(runKernel(one, one.consumes ? tensorsOf(one.inputs) : tensors)));
        comparisons++;
        if (results.length !== oracle.length) found.push(`${results.length} outputs, expected ${oracle.length}`);
        results.forEach((result, i) => {
          const say = (what: string): number => found.push(`${isa}, ${threads} threads, output ${i}: ${what}`);
          const { shape, dtype, values } = oracle[i]!;
          if (result.shape.join() !== shape.join()) say(`shape [${result.shape.join()}], expected [${shape.join()}]`);
          if (result.dtype !== dtype) say(`dtype ${result.dtype}, expected ${dtype}`);
          const { ok, message } = compareValues(result.values, values, one.tolerance);
          if (!ok) say(message);
          if (threads === 1) single = results;
          else if (!Buffer.from(bytes(result)).equals(bytes(single[i]!))) say('other bits than on one thread');
        });
      }
    }
  });
  return found;
}

describe.each(families)('%s', (file) => {
  it('agrees with the cpu backend', async () => {
    const { default: family } = (await import(new URL(file, folder).href)) as { default: Family };
    backend.fallbacks.clear();
    const wrong: string[] = [];
    for (const one of family(new Draw(families.indexOf(file) + 1))) {
      distinct++;
      covered.add(one.kernel);
      const inputs = Object.entries(one.inputs).map(([name, x]) => `${name}: ${x.dtype} [${x.shape.join()}]`);
      const name = `${one.kernel}(${inputs.join(', ')}) ${JSON.stringify(one.attrs ?? {})}`;
      try {
        wrong.push(...problems(one).map((problem) => `${name}: ${problem}`));
      } catch (error) {
        wrong.push(`${name}: ${(error as Error).stack}`);
      }
      if (wrong.length > 20) break;
    }
    expect(wrong).toEqual([]);
    expect([...backend.fallbacks], 'kernels that ran in JavaScript').toEqual([]);
  });
});

it('covers every kernel, with thousands of comparisons', () => {
  const names = nativeKernels.map(({ kernelName }) => kernelName);
  const others = Object.values(elsewhere).flat();
  expect(names.filter((name) => !covered.has(name) && !others.includes(name))).toEqual([]);
  expect(others.filter((name) => !names.includes(name))).toEqual([]);
  for (const file of Object.keys(elsewhere))
    expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
  expect(distinct).toBeGreaterThan(1500);
  expect(comparisons).toBeGreaterThan(5000 * (addon.isas().length / 3));
});
