// Runs in a page: the kernels' contract on the browser's WebGPU.
import { explainKernels, useBackend } from '@hourglass/core';
import { measureKernel, type KernelCases, type Measured } from '@hourglass/core/testing';
// written by the test: all files of contract/cases
import { suite } from 'virtual:cases';

export interface Report {
  readonly reason: string;
  readonly ownVersions: number;
  readonly measured: Readonly<Record<string, Measured>>;
}

async function run(): Promise<Report> {
  const { reason } = await useBackend('webgpu');
  const ownVersions = explainKernels().filter(({ version }) => version === 'own').length;
  const measured: Record<string, Measured> = {};
  for (const [name, cases] of Object.entries(suite as Record<string, KernelCases<object, object>>))
    measured[name] = await measureKernel(cases, 'webgpu');
  return { reason, ownVersions, measured };
}

(globalThis as { run?: typeof run }).run = run;
