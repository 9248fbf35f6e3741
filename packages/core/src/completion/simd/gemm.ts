import * as asm from './assembler.js';

/**
 * c[m, n] += Σ_k a[k, m] · b[k, n] over `depth` rows of a and b. All in bytes: where each begins and from row to row.
 * Both inputs are read as they lie, so that the gradient of a filter needs neither a transpose nor a packed copy.
 */
export type TransposedProduct = (
  a: number,
  aRow: number,
  b: number,
  bRow: number,
  c: number,
  cRow: number,
  depth: number,
  m: number,
  n: number,
) => void;

const [a, aRow, b, bRow, c, cRow, depth, m, n, row, column, count, readA, readB, write] = Array.from(
  { length: 15 },
  (_, i) => i,
) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** Rows and vectors of four columns that a tile keeps in registers. */
const [tileRows, tileVectors] = [4, 2];
const scalar = 15;
const scalars = tileRows + 2;
const vector = scalar + scalars;
const vectors = tileRows * tileVectors + tileVectors + 1;

/** One tile of `rows` by `width` vectors (0: by one float), over the whole depth. */
function tile(rows: number, width: number): asm.Code {
  const kind = width === 0 ? asm.f32 : asm.f32x4;
  const columns = Math.max(width, 1);
  const first = width === 0 ? scalar : vector;
  const sum = (i: number, j: number): number => first + i * columns + j;
  const right = (j: number): number => first + rows * columns + j;
  const left = first + rows * columns + columns;
  const each = (visit: (i: number, j: number) => asm.Code): asm.Code =>
    Array.from({ length: rows * columns }, (_, at) => visit(Math.floor(at / columns), at % columns)).flat();
  const spread = width === 0 ? asm.f32.load : asm.f32x4.splat;
  const four = (index: number): asm.Code => asm.multiply(asm.get(index), asm.constant(4));
  return [
    ...asm.set(readA, asm.add(asm.get(a), four(row))),
    ...asm.set(readB, asm.add(asm.get(b), four(column))),
    ...asm.set(write, asm.add(asm.add(asm.get(c), asm.multiply(asm.get(row), asm.get(cRow))), four(column))),
    ...asm.set(count, asm.get(depth)),
    ...each((i, j) => asm.set(sum(i, j), kind.zero)),
    ...asm.doWhile(
      [
        ...Array.from({ length: columns }, (_, j) => asm.set(right(j), kind.load(asm.get(readB), 16 * j))).flat(),
        ...Array.from({ length: rows }, (_, i) => [
          ...asm.set(left, spread(asm.get(readA), 4 * i)),
          ...Array.from({ length: columns }, (__, j) =>
            asm.set(sum(i, j), kind.add(asm.get(sum(i, j)), kind.multiply(asm.get(left), asm.get(right(j))))),
          ).flat(),
        ]).flat(),
        ...asm.set(readA, asm.add(asm.get(readA), asm.get(aRow))),
        ...asm.set(readB, asm.add(asm.get(readB), asm.get(bRow))),
        ...asm.set(count, asm.subtract(asm.get(count), asm.constant(1))),
      ],
      asm.get(count),
    ),
    ...Array.from({ length: rows }, (_, i) => [
      ...Array.from({ length: columns }, (__, j) =>
        kind.store(asm.get(write), kind.add(kind.load(asm.get(write), 16 * j), asm.get(sum(i, j))), 16 * j),
      ).flat(),
      ...asm.set(write, asm.add(asm.get(write), asm.get(cRow))),
    ]).flat(),
  ];
}

/** Sweeps an index in steps as long as a whole step fits. */
function steps(index: number, size: number, step: number, body: asm.Code): asm.Code {
  return asm.whileLoop(asm.atMost(asm.add(asm.get(index), asm.constant(step)), asm.get(size)), [
    ...body,
    ...asm.set(index, asm.add(asm.get(index), asm.constant(step))),
  ]);
}

function acrossColumns(rows: number): asm.Code {
  return [
    ...asm.set(column, asm.constant(0)),
    ...steps(column, n, 4 * tileVectors, tile(rows, tileVectors)),
    ...steps(column, n, 4, tile(rows, 1)),
    ...steps(column, n, 1, tile(rows, 0)),
  ];
}

/** The code of {@link TransposedProduct}. */
export const transposedProduct: asm.FunctionDefinition = {
  name: 'transposedProduct',
  parameters: 9,
  locals: [
    [6, asm.types.i32],
    [scalars, asm.types.f32],
    [vectors, asm.types.v128],
  ],
  body: [
    ...asm.set(row, asm.constant(0)),
    ...steps(row, m, tileRows, acrossColumns(tileRows)),
    ...steps(row, m, 1, acrossColumns(1)),
  ],
};
