import { readdirSync } from 'node:fs';
import type { BackendName } from '@hourglass/core';
import type { KernelCases } from '@hourglass/core/testing';

/** The backends on which every kernel must agree. */
export const backends = ['cpu', 'wasm', 'native', 'webgpu'] as const satisfies readonly BackendName[];

const folder = new URL('cases/', import.meta.url);

/** The names of the files in `cases/`. */
export const caseNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace('.ts', ''))
  .toSorted();

export async function loadCases(name: string): Promise<KernelCases<object, object>> {
  return ((await import(new URL(`${name}.ts`, folder).href)) as { default: KernelCases<object, object> }).default;
}
