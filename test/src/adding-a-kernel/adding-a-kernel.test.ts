import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainKernels, registerWebGPUKernels, useBackend } from '@hourglass/core';
import { kernelCases, measureKernel, missingBackend } from '@hourglass/core/testing';
import { nativeKernel, registerNativeKernels } from '@hourglass/backend-native';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../contract/suite.js';
import { squareplusOf } from './squareplus/gradient.js';
import { Squareplus, SquareplusGrad } from './squareplus/spec.js';
import { squareplusGradOnGpu, squareplusOnGpu } from './squareplus/webgpu.js';

// The kernel of docs/adding-a-kernel.md, added as that page says, on all backends.
const folder = fileURLToPath(new URL('squareplus', import.meta.url));

const cases = kernelCases({
  kernel: Squareplus,
  operation: squareplusOf,
  *cases(draw) {
    for (const shape of [[], [1], [0, 3], [7, 19], [1000]]) {
      yield { inputs: { x: draw.given(shape, 'float32', [-100, 100]) }, attrs: { b: draw.pick([0.5, 4]) } };
    }
  },
});

/** The binding of the kernel in C++; in the package it stands in a file of `src/kernels/`. */
const inCpp = [
  nativeKernel<{ readonly b: number }>(Squareplus.kernelName, (backend, { x }, { b }) => {
    if (x!.dtype !== 'float32') return null;
    const y = backend.output(x!.shape, 'float32');
    backend.call('squareplus', backend.address(y), backend.address(x!), tf.util.sizeFromShape(x!.shape), b);
    return y;
  }),
  nativeKernel<{ readonly b: number }>(SquareplusGrad.kernelName, (backend, { x, dy }, { b }) => {
    if (x!.dtype !== 'float32' || dy!.dtype !== 'float32') return null;
    const dx = backend.output(x!.shape, 'float32');
    const size = tf.util.sizeFromShape(x!.shape);
    backend.call('squareplus_grad', backend.address(dx), backend.address(x!), backend.address(dy!), size, b);
    return dx;
  }),
];

const buildScript = fileURLToPath(new URL('../../../packages/backend-native/scripts/build.mjs', import.meta.url));
const compiler = process.env['CXX'] ?? 'c++';
const compiles = spawnSync(compiler, ['--version']).status === 0;

describe('the kernel of docs/adding-a-kernel.md', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'hourglass-kernel-'));
  const absent = new Map<string, string | null>();

  beforeAll(async () => {
    if (compiles) {
      const addon = join(temporary, 'extended.node');
      const { status, stderr } = spawnSync(process.execPath, [buildScript, '--kernels', folder, '--output', addon]);
      expect(status, String(stderr)).toBe(0);
      process.env['HOURGLASS_ADDON'] = addon;
    }
    for (const backend of backends) absent.set(backend, await missingBackend(backend));
  });
  afterAll(() => rmSync(temporary, { recursive: true }));

  it('runs as its reference before it is registered', async () => {
    for (const backend of backends) {
      if (absent.get(backend) !== null) continue;
      const { forward, gradient } = await measureKernel(cases, backend);
      expect(Squareplus.isBrought).toBe(false);
      expect(Math.max(forward, gradient!)).toBeLessThan(1e-5);
    }
  });

  it.skipIf(!compiles)('runs in C++ once it is', async () => {
    expect(absent.get('native')).toBe(null);
    registerNativeKernels(inCpp);
    await useBackend('native');
    expect(Squareplus.isBrought && SquareplusGrad.isBrought).toBe(true);
    const { forward, gradient } = await measureKernel(cases, 'native');
    expect(Math.max(forward, gradient!)).toBeLessThan(1e-5);
  });

  it('runs in WGSL once it is', async ({ skip }) => {
    if (absent.get('webgpu') !== null) skip(absent.get('webgpu')!);
    registerWebGPUKernels([squareplusOnGpu, squareplusGradOnGpu]);
    await useBackend('webgpu');
    expect(Squareplus.isBrought && SquareplusGrad.isBrought).toBe(true);
    const { forward, gradient } = await measureKernel(cases, 'webgpu');
    expect(Math.max(forward, gradient!)).toBeLessThan(1e-5);
    // core's own have versions there too
    expect(explainKernels().find(({ kernel }) => kernel === 'RowNorm')).toMatchObject({
      version: 'own',
      how: 'WGSL (webgpu)',
    });
  });

  it('is what the page shows, in five files', () => {
    const page = readFileSync(new URL('../../../docs/adding-a-kernel.md', import.meta.url), 'utf8');
    const files = readdirSync(folder).toSorted();
    expect(files).toEqual(['gradient.ts', 'reference.ts', 'spec.ts', 'squareplus.cpp', 'webgpu.ts']);
    for (const file of files) {
      // in the package, core is reached by paths
      const text = readFileSync(join(folder, file), 'utf8').trim();
      expect(page.includes(text), `docs/adding-a-kernel.md does not show ${file} as it is`).toBe(true);
    }
  });
});
