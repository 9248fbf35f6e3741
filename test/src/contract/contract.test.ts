import { describe, expect, it } from 'vitest';
import { backends, caseNames, loadCases, measure, missing } from './measure.js';

// Every kernel of ours on every backend, against its reference in double precision; gradients against finite differences
// of that.
describe.each(backends)('on %s', async (backend) => {
  const absent = await missing(backend);
  const name = absent === null ? '' : ` (skipped: ${absent})`;
  it.skipIf(absent !== null).each(caseNames)(`%s agrees with its reference${name}`, async (kernel) => {
    const cases = await loadCases(kernel);
    const { forward, gradient, worst } = await measure(cases, backend);
    const { tolerance = 1e-4, gradientTolerance = tolerance } = cases;
    expect(forward, worst).toBeLessThanOrEqual(tolerance);
    expect(gradient ?? 0, worst).toBeLessThanOrEqual(gradientTolerance);
  });
});
