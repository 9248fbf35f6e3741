import { readdirSync } from 'node:fs';
import { useBackend } from '@hourglass/core';
import { missingBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { gpuLine, gpuMarkdown } from '../src/gpu/report.js';
import { sizeVariable } from '../src/gpu/size.js';
import type { Row } from '../src/measure.js';
import type { Workload } from '../src/workload.js';

const row: Row = {
  workload: 'gpu/kernels/gelu',
  case: 'forward',
  description: 'GELU of some numbers',
  unit: 'ms',
  ours: 2,
  torch: 3,
  variant: 'PyTorch',
  ratio: 1.5,
  work: { bytes: 4e9 },
};

describe('the report of bench:gpu', () => {
  const rates = { flops: 1e13, bytes: 4e12 };

  it('gives speed, the share of the adapter at its best, and the peer', () => {
    expect(gpuLine(row, rates)).toMatch(/gelu: forward +2\.00 ms +2000\.0 GB\/s +50 % +PyTorch 3\.00 ms +ratio 1\.50/);
    expect(gpuLine({ ...row, work: { flops: 2e9 } }, rates)).toContain('1000.0 GFLOP/s   10 %');
  });

  it('says when times come from a processor', () => {
    const page = gpuMarkdown({ name: 'SwiftShader', isSoftware: true }, rates, [row], false);
    expect(page).toContain('computes on the processor');
    expect(page).not.toContain('CUDA');
    expect(gpuMarkdown({ name: 'H200', isSoftware: false }, rates, [row], true)).toContain('| 3.00 ms | 1.50 |');
  });
});

const absent = await missingBackend('webgpu');
const folder = new URL('../src/gpu/kernels/', import.meta.url);

describe.skipIf(absent !== null)(`bench:gpu${absent === null ? '' : ` (skipped: ${absent})`}`, () => {
  beforeAll(async () => {
    process.env[sizeVariable] = 'small';
    await useBackend('webgpu');
  });

  it.each(readdirSync(folder))('%s runs, and leaves nothing behind', async (name) => {
    const { workload } = (await import(new URL(`${name}/ours.ts`, folder).href)) as { workload: Workload };
    expect(Object.keys(workload.cases)).toContain('forward');
    for (const make of Object.values(workload.cases)) {
      const prepared = make.prepare();
      prepared.step();
      const { numTensors } = tf.memory();
      prepared.step();
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(Math.max(prepared.work?.flops ?? 0, prepared.work?.bytes ?? 0)).toBeGreaterThan(0);
      // throws what went wrong on the GPU
      tf.tidy(() => tf.neg(tf.scalar(1)).dataSync());
      prepared.dispose();
    }
  });
});
