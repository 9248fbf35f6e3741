import { rowCounts } from './degree.js';
import type { EdgeIndex } from './edge-index.js';

/** How many nodes of these graphs have 0, 1, 2, … edges leading to them; what PNA's scalers are set by. */
export function degreeHistogram(graphs: Iterable<EdgeIndex>): number[] {
  const histogram: number[] = [];
  for (const { incoming } of graphs) {
    for (const degree of rowCounts(incoming)) {
      while (histogram.length <= degree) histogram.push(0);
      histogram[degree]!++;
    }
  }
  return histogram;
}
