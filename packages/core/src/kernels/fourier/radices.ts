import { fourierFactors } from './factors.js';

/** Factors of n, each the product of as many prime factors as stay within `most`; a larger prime stands alone. */
export function radicesOf(n: number, most: number): number[] {
  const radices: number[] = [];
  for (const factor of fourierFactors(n).toSorted((a, b) => b - a)) {
    const at = radices.findIndex((radix) => radix * factor <= most);
    if (at < 0) radices.push(factor);
    else radices[at]! *= factor;
  }
  return radices;
}

/** Of one length each, at most 16; plain numbers, so that they belong to no backend. */
const tables = new Map<number, Float32Array>();
const tablesKept = 16;

/** cos and sin of 2π j / n for j < n, by turns, computed in double precision. */
export function rootsOfUnity(n: number): Float32Array {
  let table = tables.get(n);
  if (table === undefined) {
    table = new Float32Array(2 * n);
    for (let j = 0; j < n; j++) {
      table[2 * j] = Math.cos((2 * Math.PI * j) / n);
      table[2 * j + 1] = Math.sin((2 * Math.PI * j) / n);
    }
  }
  tables.delete(n);
  tables.set(n, table);
  if (tables.size > tablesKept) tables.delete(tables.keys().next().value!);
  return table;
}
