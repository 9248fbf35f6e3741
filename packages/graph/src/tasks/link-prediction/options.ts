import { check, Generator, type Config, type OptionSpec } from '@hourglass/core';
import type { GraphData } from '../../data/graph.js';
import { gaeLinkSplit, randomLinkSplit, toUndirectedGraph, type LinkSet } from '../../data/transforms/index.js';
import type { GAE } from '../../models/index.js';
import { graphOptions, openRequested, type GraphRequest } from '../shared/data.js';
import { featureKinds, featureWidth, withFeatures, type FeatureKind } from '../../models/features.js';

/** How links are held back and features made: kept with the model, so that it is scored on links that it has not seen. */
export interface LinkSetup {
  readonly features: FeatureKind;
  readonly inChannels: number;
  readonly seed: number;
  readonly valShare: number;
  readonly testShare: number;
}

const { label: _label, ...graph } = graphOptions;
/** What the verbs of this task ask of a graph's file. */
export const linkOptions = graph;

/** @throws InvalidArgumentError for a knowledge graph: which relation a link is of is another question */
export async function openLinks(request: Omit<GraphRequest, 'label'>): Promise<GraphData> {
  const graph = await openRequested({ ...request, label: undefined });
  check(
    graph.edgeType === null,
    () =>
      `${request.data} holds triples, links of ${graph.numRelations} relations; the task for them is knowledge-graph-completion`,
  );
  return graph;
}

export const featuresOption = {
  kind: 'text',
  description:
    'features as they are, divided by their sum, or the degrees of nodes in their place (default: raw, if there are any)',
  choices: featureKinds,
} as const satisfies OptionSpec;

/** Puts the setup beside the model's configuration. */
export function keepSetup(model: GAE, setup: LinkSetup): void {
  model.config = { ...model.config, setup: { ...setup } } as Config;
}

/** @throws InvalidArgumentError for a model that was not trained by this task */
export function setupOf(model: GAE, source: string): LinkSetup {
  const setup = model.config?.['setup'] as LinkSetup | undefined;
  check(
    setup !== undefined,
    () => `${source} was not trained by hourglass train link-prediction: it does not say how links were split`,
  );
  return setup;
}

export function setupFor(
  graph: GraphData,
  {
    features,
    seed,
    valShare,
    testShare,
  }: { features?: string | undefined; seed: number; valShare: number; testShare: number },
): LinkSetup {
  const kind = (features ?? (graph.x === null ? 'degree' : 'raw')) as FeatureKind;
  return { features: kind, inChannels: featureWidth([graph], kind), seed, valShare, testShare };
}

export interface LinkData {
  /** All nodes and, of the edges, those that training sees. */
  readonly graph: GraphData;
  readonly val: LinkSet;
  readonly test: LinkSet;
  /** All links. */
  readonly whole: GraphData;
}

/** The GAE paper's split: links both ways, messages along the training links alone. */
export function splitLinks(graph: GraphData, { features, inChannels, seed, valShare, testShare }: LinkSetup): LinkData {
  const whole = withFeatures(toUndirectedGraph(graph), features, inChannels);
  const { train, val, test } = randomLinkSplit(whole, {
    ...gaeLinkSplit,
    val: valShare,
    test: testShare,
    generator: new Generator(seed),
  });
  return { graph: train.graph, val, test, whole };
}

/** How many of the pairs are links. */
export function linksIn({ labels }: LinkSet): number {
  return labels.reduce((sum, label) => sum + label, 0);
}
