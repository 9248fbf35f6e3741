import { check, defaultGenerator, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import type { PairList } from './negative-pairs.js';

export interface MaskedEdges {
  /** The edges that are left. */
  readonly visible: PairList;
  /** Those that are hidden. */
  readonly hidden: PairList;
}

/**
 * Hides a share of the edges at random (MaskGAE, Li et al. 2022, arXiv:2205.10053). Edges between the same two nodes, either way round, are
 * hidden together.
 *
 * @param rate probability of being hidden, between 0 and 1
 */
export function maskEdges(edges: EdgeIndex, rate: number, generator: Generator = defaultGenerator()): MaskedEdges {
  check(rate > 0 && rate < 1, () => `maskEdges: the rate must lie between 0 and 1, got ${rate}`);
  const { of, count } = edges.derived('pair of each edge', () => pairsOf(edges));
  const isHidden = Uint8Array.from({ length: count }, () => (generator.uniform() < rate ? 1 : 0));
  // something is to be recovered also in a tiny graph
  if (count > 0 && !isHidden.includes(1)) isHidden[generator.integer(0, count)] = 1;
  const take = (hidden: number): PairList => {
    const those = of.reduce((sum, pair) => sum + (isHidden[pair] === hidden ? 1 : 0), 0);
    const taken = [new Int32Array(those), new Int32Array(those)] as const;
    let at = 0;
    for (let e = 0; e < of.length; e++) {
      if (isHidden[of[e]!] !== hidden) continue;
      taken[0][at] = edges.source[e]!;
      taken[1][at++] = edges.destination[e]!;
    }
    return taken;
  };
  return { visible: take(0), hidden: take(1) };
}

/** Number of the unordered pair of nodes that each edge joins. */
function pairsOf({ source, destination, nodes }: EdgeIndex): { of: Int32Array; count: number; dispose(): void } {
  const key = Float64Array.from(source, (u, e) => Math.min(u, destination[e]!) * nodes + Math.max(u, destination[e]!));
  const order = Uint32Array.from(key.keys()).sort((a, b) => key[a]! - key[b]!);
  const of = new Int32Array(source.length);
  let count = 0;
  order.forEach((edge, i) => {
    if (i > 0 && key[edge] !== key[order[i - 1]!]) count++;
    of[edge] = count;
  });
  return { of, count: source.length === 0 ? 0 : count + 1, dispose() {} };
}
