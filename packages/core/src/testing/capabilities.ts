/** What a test may need of the backend that a run of the tests is for. */
const lacking = {
  /** Operations look at the values of labels, indices and windows, and name those that are wrong. */
  'checks of values': (backend: string) => backend === 'webgpu',
  /** Hundreds of steps take seconds. */
  'fast enough to train': (backend: string) =>
    backend === 'webgpu' && process.env['HOURGLASS_TEST_ADAPTER'] !== 'hardware',
} as const satisfies Readonly<Record<string, (backend: string) => boolean>>;

export type Capability = keyof typeof lacking;

/**
 * Whether this run of the tests is for a backend (`HOURGLASS_TEST_BACKEND`) without a capability that a test needs, and the
 * test's title with the reason.
 *
 * @example
 * const checks = capability('checks of values');
 * it.skipIf(checks.isMissing)(checks.title('names a wrong label'), () => …);
 */
export function capability(name: Capability): { readonly isMissing: boolean; title(test: string): string } {
  const backend = process.env['HOURGLASS_TEST_BACKEND'];
  const isMissing = backend !== undefined && lacking[name](backend);
  return { isMissing, title: (test) => (isMissing ? `${test} (needs: ${name}; not on ${backend})` : test) };
}
