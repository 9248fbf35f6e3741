import { readFileSync } from 'node:fs';
import { measureKernel, missingBackend } from '@hourglass/core/testing';
import { expect, it } from 'vitest';
import { parseOwnTable } from '../kernels/own-table.js';
import { caseNames, type backends, loadCases } from './suite.js';

const published = parseOwnTable(readFileSync(new URL('../../../docs/kernels.md', import.meta.url), 'utf8'));

/**
 * Tests of every kernel of ours on a backend, against its reference in double precision; gradients against finite differences
 * of that. A file of tests for each backend, so that they run beside each other.
 */
export async function testAgreement(backend: (typeof backends)[number]): Promise<void> {
  const absent = await missingBackend(backend);
  const name = absent === null ? '' : ` (skipped: ${absent})`;
  it.skipIf(absent !== null).each(caseNames)(`%s agrees with its reference${name}`, async (kernel) => {
    const cases = await loadCases(kernel);
    const { forward, gradient, worst } = await measureKernel(cases, backend);
    const { tolerance = 1e-4, gradientTolerance = tolerance } = cases;
    expect(forward, worst).toBeLessThanOrEqual(tolerance);
    expect(gradient ?? 0, worst).toBeLessThanOrEqual(gradientTolerance);
    const bounds = published.get(kernel)?.get(backend);
    if (bounds === undefined) return; // the table's own test says that it is not there
    expect(forward, `above docs/kernels.md; ${worst}`).toBeLessThanOrEqual(bounds.forward);
    expect(gradient ?? 0, `above docs/kernels.md; ${worst}`).toBeLessThanOrEqual(bounds.gradient ?? 0);
  });
}
