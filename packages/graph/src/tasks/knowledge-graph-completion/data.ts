import { FileError, type OptionSpec } from '@hourglass/core';
import type { Triples } from '../../data/triples.js';
import { openTriples, type KnowledgeGraph } from '../../node/index.js';

export const dataOption = {
  kind: 'text',
  placeholder: 'FOLDER',
  description:
    'train, valid and test (.tsv, .txt, packed or not) with a head, relation and tail a line, as names or ids',
  required: true,
} as const satisfies OptionSpec;

export const splits = ['train', 'valid', 'test'] as const;
export type SplitName = (typeof splits)[number];

/** @throws FileError when there are no triples to train on */
export async function openKnowledgeGraph(folder: string): Promise<KnowledgeGraph> {
  const graph = await openTriples(folder);
  if (graph.train.head.length === 0) throw new FileError(folder, 'its train has no triples');
  return graph;
}

/** All that is known to be true: what filtered ranks leave out. */
export function allTriples({ train, valid, test }: KnowledgeGraph): readonly Triples[] {
  return [train, valid, test];
}
