import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Gpu } from '../../webgpu/kernel.js';
import type { Constants, Scalar, Shader } from '../../webgpu/shader.js';

/*
 * A workgroup has some sequences and walks through their steps, since a step needs all of the one before and workgroups cannot wait
 * for each other. An invocation has some units of them all: what it reads of a matrix serves every sequence of the group.
 */

/** What each scan is compiled for. */
export interface Grouping extends Record<string, number | boolean> {
  /** Sequences of a workgroup: 1 or 4. */
  readonly ROWS: number;
  readonly THREADS: number;
}

/** Numbers of a group's vectors that lie in its memory at a time: 8 KB of them. */
const room = 2048;

interface Scan<C extends Grouping> {
  readonly name: string;
  readonly uniforms?: Readonly<Record<string, Scalar>>;
  /** Whether it begins with the last step. */
  readonly backwards?: boolean;
  /** WGSL at the level of the module. */
  readonly functions: (constants: C) => string;
  /** WGSL of step `t`, of {@link products} and {@link eachUnit}. */
  readonly step: (constants: C) => string;
}

/** A shader that walks through steps `first` to `end`, counted from where the scan begins. */
export function scanShader<C extends Grouping = Grouping>(scan: Scan<C>): Shader<C> {
  const { name, uniforms, backwards = false, functions, step } = scan;
  return {
    name,
    workgroup: ({ THREADS }) => THREADS,
    uniforms: { first: 'u32', end: 'u32', length: 'u32', batch: 'u32', units: 'u32', ...uniforms },
    code: (constants) => `
alias Rows = ${constants.ROWS === 1 ? 'f32' : `vec${constants.ROWS}f`};
var<workgroup> held: array<Rows, ${room / constants.ROWS}>;
${functions(constants)}
fn compute(group: vec3u, local: u32) {
  let sequence = group.x * ROWS;
  for (var i = uniforms.first; i < uniforms.end; i++) {
    let t = ${backwards ? 'uniforms.length - 1u - i' : 'i'};
${step(constants)}
  }
}`,
  };
}

const list = (count: number, text: (i: number) => string, separator = ' '): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(separator);

/** WGSL: `body` once for each sequence of the group that there is. */
const eachSequence = (rows: number, body: (row: number) => string): string =>
  list(rows, (r) => `if (sequence + ${r}u < uniforms.batch) { ${body(r)} }`, '\n        ');

interface Products {
  /** A function `(t, sequence, k) -> f32` that gives number k of a sequence's vector, of `count`. */
  readonly vector: string;
  readonly count: string;
  /** A matrix of `count` rows of `stride` numbers, and where in a row the sums' columns begin. */
  readonly matrix: string;
  readonly stride: string;
  readonly columns: readonly string[];
  readonly outputs: string;
  /** A function `(t, sequence, unit, sum, …)` that is given the sums of a unit, of `outputs`. */
  readonly finish: string;
}

/** WGSL: products of each sequence's vector and a matrix; afterwards the whole group sees what was written. */
export function products({ ROWS, THREADS }: Grouping, given: Products): string {
  const { vector, count, matrix, stride, columns, outputs, finish } = given;
  const many = room / ROWS;
  const add = (k: string): string =>
    `{ let x = held[${k}]; let at = (start + ${k}) * ${stride} + unit; ${columns
      .map((column, i) => `sum_${i} += x * ${matrix}[at + ${column}];`)
      .join(' ')} }`;
  const lane = (sum: number, row: number): string => (ROWS === 1 ? `sum_${sum}` : `sum_${sum}[${row}]`);
  return `
    for (var block = 0u; block < ${outputs}; block += ${THREADS}u) {
      let unit = block + local;
      ${list(columns.length, (i) => `var sum_${i} = Rows();`)}
      for (var start = 0u; start < ${count}; start += ${many}u) {
        let filled = min(${many}u, ${count} - start);
        workgroupBarrier();
        for (var k = local; k < filled; k += ${THREADS}u) {
          held[k] = Rows(${list(ROWS, (r) => `${vector}(t, min(sequence + ${r}u, uniforms.batch - 1u), start + k)`, ', ')});
        }
        workgroupBarrier();
        if (unit < ${outputs}) {
          var k = 0u;
          // four rows of the matrix are under way at a time
          for (; k + 4u <= filled; k += 4u) {
            ${list(4, (i) => add(`k + ${i}u`), '\n            ')}
          }
          for (; k < filled; k++) { ${add('k')} }
        }
      }
      if (unit < ${outputs}) {
        ${eachSequence(ROWS, (r) => `${finish}(t, sequence + ${r}u, unit, ${list(columns.length, (i) => lane(i, r), ', ')});`)}
      }
    }
    storageBarrier();`;
}

/** WGSL: calls a function `(t, sequence, unit)` for each unit; afterwards the whole group sees what was written. */
export function eachUnit({ ROWS, THREADS }: Grouping, units: string, call: string): string {
  return `
    for (var unit = local; unit < ${units}; unit += ${THREADS}u) {
        ${eachSequence(ROWS, (r) => `${call}(t, sequence + ${r}u, unit);`)}
    }
    storageBarrier();`;
}

interface Run<C extends Constants> {
  readonly inputs: Readonly<Record<string, TensorInfo | undefined>>;
  readonly outputs: Readonly<Record<string, TensorInfo | undefined>>;
  readonly length: number;
  readonly batch: number;
  readonly units: number;
  readonly uniforms?: Readonly<Record<string, number>>;
  readonly constants?: C;
  /** Numbers that a step reads of matrices. */
  readonly weights: number;
}

/** Steps of a run at most. More would not make it faster. */
const mostSteps = 64;
/** Products of a run, some ten milliseconds of a small GPU: systems reset one that works at one thing for seconds. */
const mostProducts = 2 ** 27;
/** Workgroups that a small GPU works at together. */
const together = 16;

/** Runs a scan of `length` steps, in several runs where it is long: each goes on from what the one before has written. */
export function runScan<C extends Constants>(gpu: Gpu, shader: Shader<C & Grouping>, run: Run<C>): void {
  const { inputs, outputs, length, batch, units, weights } = run;
  const ROWS = batch < 4 ? 1 : 4;
  const groups = Math.ceil(batch / ROWS);
  const perStep = weights * ROWS * Math.max(1, groups / together);
  const steps = Math.max(1, Math.min(mostSteps, Math.floor(mostProducts / perStep)));
  const constants = { ...run.constants, ROWS, THREADS: units <= 64 ? 64 : 256 } as C & Grouping;
  for (let first = 0; first < length; first += steps) {
    const uniforms = { first, end: Math.min(length, first + steps), length, batch, units, ...run.uniforms };
    gpu.run(shader, { inputs, outputs, uniforms, constants, groups: [groups] });
  }
}
