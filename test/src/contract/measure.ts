import { readdirSync } from 'node:fs';
import { useBackend, UnsupportedError, type BackendName } from '@hourglass/core';
import {
  differences,
  Draw,
  prepareDoublePrecision,
  runGradients,
  runKernel,
  runReference,
  worstError,
  type KernelCases,
} from '@hourglass/core/testing';

/** The backends on which every kernel must agree. */
export const backends = ['cpu', 'wasm', 'native', 'webgpu'] as const satisfies readonly BackendName[];

const folder = new URL('cases/', import.meta.url);
/** Elements of each gradient that are compared with finite differences. */
const sampled = 24;

/** The names of the files in `cases/`. */
export const caseNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace('.ts', ''))
  .toSorted();

export async function loadCases(name: string): Promise<KernelCases<object, object>> {
  return ((await import(new URL(`${name}.ts`, folder).href)) as { default: KernelCases<object, object> }).default;
}

/** The largest errors of a kernel over its cases; `gradient` is null for one that is not differentiated. */
export interface Measured {
  readonly forward: number;
  readonly gradient: number | null;
  /** The case with the largest error, in words. */
  readonly worst: string;
}

/** Why a backend cannot run here; null where it can. */
export async function missing(backend: BackendName): Promise<string | null> {
  try {
    await useBackend(backend);
    return null;
  } catch (error) {
    if (error instanceof UnsupportedError) return error.message;
    throw error;
  }
}

/** Runs a kernel's cases on a backend that is there. */
export async function measure(cases: KernelCases<object, object>, backend: BackendName): Promise<Measured> {
  await useBackend(backend);
  await prepareDoublePrecision();
  let [forward, gradient, worst, largest] = [0, 0, '', -1];
  let number = 0;
  for (const kernelCase of cases.cases(new Draw(11))) {
    number++;
    const error = worstError(runKernel(cases, kernelCase), runReference(cases, kernelCase));
    let errorOfGradient = 0;
    if (cases.operation !== undefined) {
      const numeric = differences(cases, kernelCase, sampled);
      errorOfGradient = worstError(runGradients(cases, kernelCase), numeric, true);
    }
    forward = Math.max(forward, error);
    gradient = Math.max(gradient, errorOfGradient);
    if (Math.max(error, errorOfGradient) > largest) {
      largest = Math.max(error, errorOfGradient);
      const shapes = Object.entries(kernelCase.inputs).map(([name, given]) => `${name} [${given?.shape ?? '-'}]`);
      worst = `case ${number} ${kernelCase.label ?? ''}: ${shapes.join(', ')} ${JSON.stringify(kernelCase.attrs)}`;
    }
  }
  return { forward, gradient: cases.operation === undefined ? null : gradient, worst };
}
