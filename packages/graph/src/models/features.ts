import { check } from '@hourglass/core';
import { normalizeFeatures, oneHotDegree } from '../data/transforms/index.js';
import type { GraphData } from '../data/graph.js';

/** How a graph's features come to a model: as they are, divided by their sum, or the degrees of nodes in their place. */
export const featureKinds = ['raw', 'normalized', 'degree'] as const;
export type FeatureKind = (typeof featureKinds)[number];

/**
 * The graph with the features that a model takes.
 *
 * @param width what the model takes
 * @throws InvalidArgumentError when the graph's are of another width, or it has none
 */
export function withFeatures(graph: GraphData, kind: FeatureKind, width: number): GraphData {
  if (kind === 'degree') return oneHotDegree(graph, width - 1);
  check(graph.x !== null, "the graph has no features; features 'degree' takes the degrees of its nodes");
  check(
    graph.numFeatures === width,
    () =>
      `the model takes ${width} features, the graph has ${graph.numFeatures}; give it data of the kind it was trained on`,
  );
  return kind === 'normalized' ? normalizeFeatures(graph) : graph;
}

/** Width of these features. */
export function featureWidth(graphs: readonly GraphData[], kind: FeatureKind): number {
  if (kind !== 'degree') return graphs[0]?.numFeatures ?? 0;
  // beyond some hundred a degree says little, and the table becomes wide
  let most = 0;
  for (const { edgeIndex, numNodes } of graphs) {
    const degree = new Int32Array(numNodes);
    for (const node of edgeIndex[1]) most = Math.max(most, ++degree[node]!);
  }
  return Math.min(most, 255) + 1;
}
