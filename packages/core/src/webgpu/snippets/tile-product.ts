/** A product of matrices in workgroups of 256: each computes a tile of it, each invocation four by four of its elements. */
export interface Tile {
  /** Invocations across the tile. */
  readonly across: number;
  /** Elements of the tile. */
  readonly rows: number;
  readonly columns: number;
  /** Terms that are in workgroup memory at a time. */
  readonly depth: number;
}

export const tileThreads = 256;

/** For wide matrices, and for those of few columns. */
export const squareTile: Tile = { across: 16, rows: 64, columns: 64, depth: 16 };
export const narrowTile: Tile = { across: 4, rows: 256, columns: 16, depth: 8 };

export function tileFor(columns: number): Tile {
  return columns <= narrowTile.columns ? narrowTile : squareTile;
}

/**
 * The sum over terms of the outer products of left[term] and right[term], in `sums`: element (r, c) of an invocation is
 * `sums[r][c]`, at row `tile_row(local) + r` and column `tile_column(local) + c` of the tile.
 *
 * `put_left(term, quad, values)` fills rows 4 · quad … of a term, `put_right` columns; `add_products(local)` adds what is there
 * and waits for all before and after.
 */
export function tileProduct({ across, rows, columns, depth }: Tile): string {
  // a quad more than there are, so that writes down a column meet different banks
  const [left, right] = [rows / 4 + 1, columns / 4 + 1];
  return `
var<workgroup> left_tile: array<vec4f, ${depth * left}>;
var<workgroup> right_tile: array<vec4f, ${depth * right}>;
var<private> sums: array<vec4f, 4>;
fn tile_row(local: u32) -> u32 { return local / ${across}u * 4u; }
fn tile_column(local: u32) -> u32 { return local % ${across}u * 4u; }
fn put_left(term: u32, quad: u32, values: vec4f) { left_tile[term * ${left}u + quad] = values; }
fn put_right(term: u32, quad: u32, values: vec4f) { right_tile[term * ${right}u + quad] = values; }
fn add_products(local: u32) {
  workgroupBarrier();
  let row = local / ${across}u;
  let column = local % ${across}u;
  for (var term = 0u; term < ${depth}u; term++) {
    let l = left_tile[term * ${left}u + row];
    let r = right_tile[term * ${right}u + column];
    sums[0] += l.x * r;
    sums[1] += l.y * r;
    sums[2] += l.z * r;
    sums[3] += l.w * r;
  }
  workgroupBarrier();
}`;
}
