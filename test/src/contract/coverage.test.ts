import { kernels, useBackend } from '@hourglass/core';
import { Draw, prepareDoublePrecision, runGradients, runKernel } from '@hourglass/core/testing';
import { expect, it } from 'vitest';
import { caseNames, loadCases } from './suite.js';

interface Recorded {
  readonly kernelName: string;
  readonly reference?: unknown;
  run(...args: unknown[]): unknown;
}

const isKernel = (value: unknown): value is Recorded =>
  typeof value === 'object' && value !== null && 'kernelName' in value && 'run' in value;

// A kernel without cases would be compared with nothing. Those of backward passes may be run by the operations' gradients. Those without a
// reference are composed by the functions that use them, and have tests of their own.
it('the cases reach every kernel of core', async () => {
  await useBackend('cpu');
  await prepareDoublePrecision();
  const all = Object.values(kernels as Record<string, unknown>)
    .filter(isKernel)
    .filter(({ reference }) => reference !== undefined);
  expect(all.length).toBeGreaterThan(50);
  const reached = new Set<string>();
  for (const kernel of all) {
    const { run } = kernel;
    kernel.run = (...args) => {
      reached.add(kernel.kernelName);
      return run.apply(kernel, args);
    };
  }
  for (const name of caseNames) {
    const cases = await loadCases(name);
    for (const kernelCase of [...cases.cases(new Draw(11))].slice(0, 6)) {
      await runKernel(cases, kernelCase);
      if (cases.operation !== undefined) await runGradients(cases, kernelCase);
    }
  }
  const missed = all.map(({ kernelName }) => kernelName).filter((name) => !reached.has(name));
  expect(missed).toEqual([]);
});
