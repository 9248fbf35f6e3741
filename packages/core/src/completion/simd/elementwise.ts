import * as asm from './assembler.js';

/**
 * Combines floats at `a` with those at `b`, to `to`. `bMask` -1: as many of both; 0: `b` holds one number, four times.
 */
export type VectorCombination = (a: number, b: number, to: number, bytes: number, bMask: number) => void;

/** out[i] += Σ_k a[k, i] · b[k, i] over `depth` rows; `bytes` of a row, and from row to row of a and of b. */
export type ColumnProducts = (
  a: number,
  aRow: number,
  b: number,
  bRow: number,
  out: number,
  depth: number,
  bytes: number,
) => void;

/**
 * One window of a maximum pooling: adds dy to dx at the first of `rows` × `columns` pixels that equals the maximum y,
 * channel by channel. From column to column lie `bytes` (one pixel), from row to row `stride`.
 */
export type MaximumWindow = (
  x: number,
  dx: number,
  y: number,
  dy: number,
  rows: number,
  columns: number,
  stride: number,
  bytes: number,
) => void;

function combination(name: string, combine: (a: asm.Code, b: asm.Code) => asm.Code): asm.FunctionDefinition {
  const [a, b, to, bytes, mask, position] = [0, 1, 2, 3, 4, 5] as const;
  const from = asm.f32x4.load(asm.add(asm.get(a), asm.get(position)));
  const other = asm.f32x4.load(asm.add(asm.get(b), asm.and(asm.get(position), asm.get(mask))));
  return {
    name,
    parameters: 5,
    locals: [[1, asm.types.i32]],
    body: asm.whileLoop(asm.less(asm.get(position), asm.get(bytes)), [
      ...asm.f32x4.store(asm.add(asm.get(to), asm.get(position)), combine(from, other)),
      ...asm.set(position, asm.add(asm.get(position), asm.constant(16))),
    ]),
  };
}

function columnProducts(): asm.FunctionDefinition {
  const [a, aRow, b, bRow, out, depth, bytes, position, readA, readB, count, sum] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ] as const;
  const target = asm.add(asm.get(out), asm.get(position));
  return {
    name: 'columnProducts',
    parameters: 7,
    locals: [
      [4, asm.types.i32],
      [1, asm.types.v128],
    ],
    body: asm.whileLoop(asm.less(asm.get(position), asm.get(bytes)), [
      ...asm.set(readA, asm.add(asm.get(a), asm.get(position))),
      ...asm.set(readB, asm.add(asm.get(b), asm.get(position))),
      ...asm.set(count, asm.get(depth)),
      ...asm.set(sum, asm.f32x4.load(target)),
      ...asm.doWhile(
        [
          ...asm.set(
            sum,
            asm.f32x4.add(
              asm.get(sum),
              asm.f32x4.multiply(asm.f32x4.load(asm.get(readA)), asm.f32x4.load(asm.get(readB))),
            ),
          ),
          ...asm.set(readA, asm.add(asm.get(readA), asm.get(aRow))),
          ...asm.set(readB, asm.add(asm.get(readB), asm.get(bRow))),
          ...asm.set(count, asm.subtract(asm.get(count), asm.constant(1))),
        ],
        asm.get(count),
      ),
      ...asm.f32x4.store(target, asm.get(sum)),
      ...asm.set(position, asm.add(asm.get(position), asm.constant(16))),
    ]),
  };
}

function maximumWindow(): asm.FunctionDefinition {
  const [x, dx, y, dy, rows, columns, stride, bytes, position, row, column, pixel] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ] as const;
  const [maximum, upstream, taken, hit] = [12, 13, 14, 15] as const;
  const at = (base: number): asm.Code => asm.add(asm.get(base), asm.get(pixel));
  const counted = (index: number, size: number, body: asm.Code): asm.Code => [
    ...asm.set(index, asm.constant(0)),
    ...asm.whileLoop(asm.less(asm.get(index), asm.get(size)), [
      ...body,
      ...asm.set(index, asm.add(asm.get(index), asm.constant(1))),
    ]),
  ];
  return {
    name: 'maximumWindow',
    parameters: 8,
    locals: [
      [4, asm.types.i32],
      [4, asm.types.v128],
    ],
    body: asm.whileLoop(asm.less(asm.get(position), asm.get(bytes)), [
      ...asm.set(maximum, asm.f32x4.load(asm.add(asm.get(y), asm.get(position)))),
      ...asm.set(upstream, asm.f32x4.load(asm.add(asm.get(dy), asm.get(position)))),
      ...asm.set(taken, asm.f32x4.zero),
      ...counted(row, rows, [
        ...asm.set(pixel, asm.add(asm.get(position), asm.multiply(asm.get(row), asm.get(stride)))),
        ...counted(column, columns, [
          ...asm.set(hit, asm.bits.andNot(asm.f32x4.equal(asm.f32x4.load(at(x)), asm.get(maximum)), asm.get(taken))),
          ...asm.set(taken, asm.bits.or(asm.get(taken), asm.get(hit))),
          ...asm.f32x4.store(
            at(dx),
            asm.f32x4.add(asm.f32x4.load(at(dx)), asm.bits.and(asm.get(upstream), asm.get(hit))),
          ),
          ...asm.set(pixel, asm.add(asm.get(pixel), asm.get(bytes))),
        ]),
      ]),
      ...asm.set(position, asm.add(asm.get(position), asm.constant(16))),
    ]),
  };
}

export const elementwiseFunctions: readonly asm.FunctionDefinition[] = [
  combination('maximum', asm.f32x4.max),
  combination('minimum', asm.f32x4.min),
  columnProducts(),
  maximumWindow(),
];
