import { check } from '../errors.js';

/**
 * Rows matched with different columns so that the costs add up to least: the Hungarian method with shortest augmenting paths (Jonker and
 * Volgenant 1987), in time rows² · columns. scipy's linear_sum_assignment.
 *
 * @param cost [rows, columns], row by row; no more rows than columns
 * @returns the column of each row
 * @throws InvalidArgumentError for more rows than columns, or costs that are no finite number
 */
export function linearAssignment(cost: ArrayLike<number>, rows: number, columns: number): Int32Array {
  check(rows <= columns, () => `linearAssignment: ${rows} rows cannot have a column of ${columns} each`);
  check(cost.length === rows * columns, () => `linearAssignment: ${cost.length} costs for ${rows} by ${columns}`);
  for (let i = 0; i < cost.length; i++)
    check(Number.isFinite(cost[i]), () => `linearAssignment: cost ${i} is ${cost[i]}`);
  const rowPrice = new Float64Array(rows);
  const columnPrice = new Float64Array(columns);
  const rowOf = new Int32Array(columns).fill(-1);
  for (let start = 0; start < rows; start++) {
    // the cheapest way from this row to a free column, by Dijkstra's method
    const distance = new Float64Array(columns).fill(Infinity);
    const before = new Int32Array(columns).fill(-1);
    const done = new Uint8Array(columns);
    let [row, column, reached] = [start, -1, 0];
    for (;;) {
      let next = -1;
      for (let c = 0; c < columns; c++) {
        if (done[c]) continue;
        const through = reached + cost[row * columns + c]! - rowPrice[row]! - columnPrice[c]!;
        if (through < distance[c]!) {
          distance[c] = through;
          before[c] = column;
        }
        if (next < 0 || distance[c]! < distance[next]!) next = c;
      }
      column = next;
      reached = distance[column]!;
      done[column] = 1;
      if (rowOf[column]! < 0) break;
      row = rowOf[column]!;
    }
    rowPrice[start]! += reached;
    for (let c = 0; c < columns; c++) {
      if (!done[c] || c === column) continue;
      rowPrice[rowOf[c]!]! += reached - distance[c]!;
      columnPrice[c]! -= reached - distance[c]!;
    }
    while (column >= 0) {
      const former = before[column]!;
      rowOf[column] = former < 0 ? start : rowOf[former]!;
      column = former;
    }
  }
  const result = new Int32Array(rows);
  rowOf.forEach((row, c) => {
    if (row >= 0) result[row] = c;
  });
  return result;
}
