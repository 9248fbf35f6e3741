import { platform } from '#platform';
import * as tf from '@tensorflow/tfjs-core';
import {
  AdamW,
  Conv2d,
  DeviceLostError,
  Generator,
  HourglassError,
  losses,
  normalTensor,
  useBackend,
  valueAndGradients,
} from '@hourglass/core';
import { missingBackend } from '@hourglass/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebGPUBackend } from '../../src/webgpu/backend.js';

const absent = await missingBackend('webgpu');
const reason = absent === null ? '' : ` (skipped: ${absent})`;

const backend = (): WebGPUBackend => tf.backend() as WebGPUBackend;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('what a machine lacks for webgpu', () => {
  // one that is there already would do
  beforeEach(async () => {
    await useBackend('cpu');
    if (tf.findBackendFactory('webgpu') != null) tf.removeBackend('webgpu');
  });

  it('a missing package is named, with what to install', async () => {
    vi.stubGlobal('navigator', {});
    vi.spyOn(platform, 'importOptional').mockResolvedValue(null);
    await expect(useBackend('webgpu')).rejects.toThrow(/npm install.* webgpu/);
  });

  it('a package that does not load is named, with the cause', async () => {
    vi.stubGlobal('navigator', {});
    vi.spyOn(platform, 'importOptional').mockRejectedValue(new Error('wrong ELF class'));
    await expect(useBackend('webgpu')).rejects.toThrow(/webgpu.*does not load.*wrong ELF class/);
  });

  it('no adapter is explained', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
    await expect(useBackend('webgpu')).rejects.toThrow(/no adapter; install the driver.*Vulkan.*VK_ICD_FILENAMES/);
  });
});

describe.skipIf(absent !== null)(`webgpu${reason}`, () => {
  beforeEach(async () => void (await useBackend('webgpu')));

  it.skipIf(process.env['HOURGLASS_TEST_ADAPTER'] === 'hardware')(
    'auto passes over an adapter that computes on the processor',
    async () => {
      const load = platform.importOptional.bind(platform);
      vi.spyOn(platform, 'importOptional').mockImplementation(async (name) => (name === 'webgpu' ? load(name) : null));
      const { name, rejected } = await useBackend('auto');
      expect(name).toBe('wasm');
      expect(rejected.find((other) => other.name === 'webgpu')?.why).toMatch(
        /computes on the processor; name the backend/,
      );
    },
  );

  it('a lost device is an error that names it, and the next useBackend works on a new one', async () => {
    const { adapterName, device } = backend();
    const x = tf.tensor1d([1, 2, 3]);
    const y = tf.square(x);
    device.destroy();
    const error: unknown = await y.data().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DeviceLostError);
    expect((error as Error).message).toContain(adapterName);
    expect((error as Error).message).toContain("useBackend('webgpu') again");
    expect(() => y.dataSync()).toThrow(DeviceLostError);
    expect(() => tf.square(x).dataSync()).toThrow(DeviceLostError);

    await useBackend('webgpu');
    expect(backend().device).not.toBe(device);
    expect(Array.from(tf.square(tf.tensor1d([1, 2, 3])).dataSync())).toEqual([1, 4, 9]);
  });

  it('what is wrong on the GPU is an error of what comes next, and then over', async () => {
    const y = backend().makeTensorInfo([4], 'float32');
    const broken = {
      name: 'broken',
      workgroup: 1,
      uniforms: {},
      code: 'fn compute(group: vec3u, local: u32) { y[0] = nothing; }',
    };
    backend().dispatcher.run(broken, { inputs: {}, outputs: { y }, groups: [1] });
    const x = tf.ones([2]);
    const read = async (): Promise<unknown> => tf.neg(x).data();
    const error: unknown = await read().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(HourglassError);
    expect((error as Error).message).toMatch(/reports: .*nothing/s);
    // the other messages of the same mistake
    for (let i = 0; i < 10; i++) await read().catch(() => undefined);
    expect(Array.from((await read()) as Float32Array)).toEqual([-1, -1]);
  });

  it('a step like the last compiles no shader', () => {
    const compile = vi.spyOn(backend().device, 'createComputePipeline');
    const layer = new Conv2d(3, 4, { kernelSize: 3, padding: 1, generator: new Generator(1) });
    const optimizer = new AdamW(layer.parameters(), { lr: 1e-2 });
    const x = normalTensor([2, 6, 5, 3], 0, 1, new Generator(2));
    const labels = tf.zeros([2, 6, 5], 'int32');
    const step = (): number =>
      tf.tidy(() => {
        const { value, gradients } = valueAndGradients(
          () => losses.crossEntropy(tf.relu(layer.forward(x)), labels),
          layer.parameters(),
        );
        optimizer.step(gradients);
        tf.dispose([...gradients.values()]);
        return value.dataSync<'float32'>()[0]!;
      });
    // the first makes the optimiser's moments
    const first = step();
    step();
    const compiled = compile.mock.calls.length;
    expect(compiled).toBeGreaterThan(0);
    expect(step()).toBeLessThan(first);
    expect(compile.mock.calls.length).toBe(compiled);
    const keys = compile.mock.calls.map(
      ([{ label, compute }]) => `${label} ${(compute.module as { label?: string }).label}`,
    );
    const ours = keys.filter((key) => key.startsWith('hourglass'));
    expect(new Set(ours).size).toBe(ours.length);
  });
});
