import * as tf from '@tensorflow/tfjs-core';
import { check, evaluationMode, losses, scope, type FitResult } from '@hourglass/core';
import type { GraphData } from '../data/graph.js';
import { relationalEdges, type TypedEdges } from '../edges/index.js';
import type { RGCN } from '../models/rgcn.js';
import { classificationScores, type ClassificationScores } from './classification-scores.js';
import { trainOnWholeGraph, type WholeGraphOptions } from './whole-graph.js';

/**
 * Trains an R-GCN to tell the classes of entities of a knowledge graph, as its paper does on AIFB: 50 steps of Adam at 0.01 on the
 * whole graph unless said otherwise. The model has a relation back for each in the data; where `inChannels` is the number of
 * nodes, features are left aside, and each entity's embeddings are learned.
 *
 * @param graph with types of edges, classes and a training mask
 * @throws InvalidArgumentError when one of them is missing, or relations, features or classes are not those of the model
 */
export async function trainEntityClassification(
  model: RGCN,
  graph: GraphData,
  options: WholeGraphOptions = {},
): Promise<FitResult> {
  const nodes = labelled(model, graph, graph.trainMask);
  check(nodes.length > 0, 'trainEntityClassification: the graph has no training nodes with classes');
  const { edges, x } = given(model, graph);
  const classes = nodes.map((node) => (graph.y as Int32Array)[node]!);
  const loss = (model: RGCN): tf.Tensor =>
    scope(() => losses.crossEntropy(tf.gather(model.forward(x, edges), nodes), tf.tensor1d(classes, 'int32')));
  try {
    return await trainOnWholeGraph(model, loss, { epochs: 50, ...options });
  } finally {
    edges.dispose();
  }
}

/** How well an R-GCN tells the classes of the entities of a mask. @throws as {@link trainEntityClassification} */
export async function evaluateEntityClassification(
  model: RGCN,
  graph: GraphData,
  mask: Uint8Array | null = graph.testMask,
): Promise<ClassificationScores> {
  const nodes = labelled(model, graph, mask);
  const { edges, x } = given(model, graph);
  const restore = evaluationMode(model);
  try {
    const rows = scope(() => tf.softmax(tf.gather(model.forward(x, edges), nodes)));
    const probabilities = await rows.data<'float32'>();
    rows.dispose();
    const targets = nodes.map((node) => (graph.y as Int32Array)[node]!);
    return classificationScores({ probabilities, classes: model.config.outChannels }, targets);
  } finally {
    restore();
    edges.dispose();
  }
}

/** The graph as the model takes it. */
function given(model: RGCN, graph: GraphData): { readonly edges: TypedEdges; readonly x: tf.Tensor | null } {
  const { edgeType, edgeIndex, numNodes, numRelations } = graph;
  check(edgeType !== null, 'R-GCN: the graph says nothing of the types of its edges');
  check(
    model.config.numRelations === 2 * numRelations,
    () => `R-GCN: needs 2 · ${numRelations} relations, there and back, the model has ${model.config.numRelations}`,
  );
  const [head, tail] = edgeIndex;
  const x = model.config.inChannels === numNodes ? null : graph.tensors().x;
  check(
    x !== null || model.config.inChannels === numNodes,
    () => `R-GCN: the graph has no features; make a model with inChannels ${numNodes}, the number of its nodes`,
  );
  return { edges: relationalEdges({ head, relation: edgeType, tail }, numNodes, numRelations), x };
}

/** Nodes of the mask that have classes. */
function labelled(model: RGCN, graph: GraphData, mask: Uint8Array | null): Int32Array {
  const { y, numClasses } = graph;
  check(
    y instanceof Int32Array && graph.yOf === 'nodes' && numClasses === model.config.outChannels,
    () => `R-GCN: made for ${model.config.outChannels} classes of nodes, the graph has ${numClasses}`,
  );
  check(mask !== null, 'R-GCN: the graph has no such mask');
  return Int32Array.from(mask.keys()).filter((node) => mask[node] === 1 && y[node]! >= 0);
}
