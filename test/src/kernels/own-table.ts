import { HourglassError, type BackendName } from '@hourglass/core';
import { hasShaders, type KernelCases, type Measured, measureKernel, missingBackend } from '@hourglass/core/testing';
import { nativeKernels } from '@hourglass/backend-native';
import { backends, caseNames, loadCases } from '../contract/suite.js';

/** Errors that a kernel stays within on a backend; `gradient` is null where there is none. */
export interface Bounds {
  readonly forward: number;
  readonly gradient: number | null;
}

/** By kernel and backend. */
export type OwnTable = ReadonlyMap<string, ReadonlyMap<BackendName, Bounds>>;

const heading = `## Kernels of core

Errors that each kernel stays within, forward and gradient, over the cases in \`test/src/contract/cases\`: of an element, relative to the
larger of it and the root mean square of its tensor. Forward is measured against the reference in double precision, the
gradient against central differences of that. \`npm run kernels\` measures them anew; the contract's tests fail where one is exceeded. *reference*: the
backend has no version of its own, and what was measured is the composition of TensorFlow.js kernels. A dot: there is no gradient.

The webgpu columns come from SwiftShader, a GPU in software: they tell of correctness alone. What the kernels reach on a real GPU is not
recorded yet; \`npm run bench:gpu\` measures it.
`;

/** Differences in double precision have errors of their own. */
const finest = 1e-7;

/** The next of 1, 2, 5, 10, … times a power of ten above twice the error: other instruction sets round in other places. */
function bound(error: number): number {
  if (error === 0) return 0;
  const wanted = Math.max(finest, 2 * error);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return Number(([1, 2, 5, 10].find((factor) => factor * power >= wanted)! * power).toPrecision(1));
}

function boundsOf({ forward, gradient }: Measured): Bounds {
  return { forward: bound(forward), gradient: gradient === null ? null : bound(gradient) };
}

function versionOn(backend: BackendName, cases: KernelCases<object, object>): string {
  const own = new Set(nativeKernels.map(({ kernelName }) => kernelName));
  if (backend === 'native' && own.has(cases.kernel.kernelName)) return 'C++';
  if (backend === 'webgpu' && hasShaders(cases)) return 'WGSL';
  return 'reference';
}

/** Measures every kernel on all four backends, which must be there. */
export async function measureAll(progress: (line: string) => void): Promise<OwnTable> {
  for (const backend of backends) {
    const why = await missingBackend(backend);
    if (why !== null) throw new HourglassError(`the table needs all backends: ${why}`);
  }
  const table = new Map<string, Map<BackendName, Bounds>>();
  for (const name of caseNames) {
    const cases = await loadCases(name);
    const row = new Map<BackendName, Bounds>();
    for (const backend of backends) row.set(backend, boundsOf(await measureKernel(cases, backend)));
    table.set(name, row);
    progress(name);
  }
  return table;
}

const digits = (error: number): string => (error === 0 ? '0' : error.toExponential());
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The section of the page. */
export async function formatOwnTable(table: OwnTable): Promise<string> {
  const head = ['kernel', ...backends.flatMap((name) => [name, 'forward', 'gradient'])];
  const lines: string[] = [];
  for (const [name, bounds] of table) {
    const cases = await loadCases(name);
    lines.push(
      row([
        `\`${name}\``,
        ...backends.flatMap((backend) => {
          const { forward, gradient } = bounds.get(backend)!;
          return [versionOn(backend, cases), digits(forward), gradient === null ? '·' : digits(gradient)];
        }),
      ]),
    );
  }
  return [heading, row(head), row(head.map(() => '---')), ...lines, ''].join('\n');
}

/** Reads the section back. */
export function parseOwnTable(page: string): OwnTable {
  const table = new Map<string, Map<BackendName, Bounds>>();
  const section = page.slice(page.indexOf('## Kernels of core'), page.indexOf('## Kernels of TensorFlow.js'));
  for (const line of section.split('\n')) {
    const [name, ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (name === undefined || !name.startsWith('`')) continue;
    const bounds = backends.map((backend, i): [BackendName, Bounds] => {
      const [, forward, gradient] = cells.slice(3 * i);
      return [backend, { forward: Number(forward), gradient: gradient === '·' ? null : Number(gradient) }];
    });
    table.set(name.replaceAll('`', ''), new Map(bounds));
  }
  return table;
}
