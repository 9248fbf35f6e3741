import { functional, loadStateDict, type Module } from '@hourglass/core';
import type { ParityAdapter, ParityCase } from '@hourglass/core/testing';
import * as graph from '@hourglass/graph';
import { optionsOf, pygAdapter, type Op } from './support.js';

interface Sizes {
  readonly channels: number;
  /** With learned scales and shifts. */
  readonly affine: boolean;
  /** With running statistics. */
  readonly trackRunningStats: boolean;
}

/** A norm with the case's parameters, in evaluation mode. */
function norm(make: (sizes: Sizes, options: Record<string, unknown>) => graph.Normalization): Op {
  return (parityCase) => {
    const { parameters, inputs, args } = parityCase;
    const module = make(
      {
        channels: inputs['x']!.shape[1]!,
        affine: parameters.has('weight'),
        trackRunningStats: parameters.has('running_mean'),
      },
      optionsOf(args),
    );
    const { batch } = inputs;
    const graphs = batch === undefined ? null : new functional.Segments(batch, Math.max(...batch.dataSync()) + 1);
    return {
      module: loaded(module, parityCase),
      forward: ({ x }) => ({ y: module.forward(x!, graphs) }),
      dispose: () => graphs?.dispose(),
    };
  };
}

function loaded<M extends Module>(module: M, { parameters }: ParityCase): M {
  loadStateDict(module, parameters);
  return module.eval();
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    GraphNorm: norm(({ channels }, options) => new graph.GraphNorm(channels, options)),
    InstanceNorm: norm(({ channels, ...known }, options) => new graph.InstanceNorm(channels, { ...known, ...options })),
    LayerNorm: norm(({ channels, affine }, options) => new graph.LayerNorm(channels, { affine, ...options })),
    'LayerNorm graph': norm(({ channels, affine }, options) => new graph.LayerNorm(channels, { affine, ...options })),
    'LayerNorm node': norm(
      ({ channels, affine }, options) => new graph.LayerNorm(channels, { mode: 'node', affine, ...options }),
    ),
    // made with this scale, which the case's arguments do not mention
    PairNorm: norm((_, options) => new graph.PairNorm({ scale: 1.3, ...options })),
    'PairNorm individually': norm((_, options) => new graph.PairNorm({ scaleIndividually: true, ...options })),
    GraphSizeNorm: norm(() => new graph.GraphSizeNorm()),
    MeanSubtractionNorm: norm(() => new graph.MeanSubtractionNorm()),
    BatchNorm: norm(({ channels }, options) => new graph.BatchNorm(channels, options)),
    DiffGroupNorm: norm(
      ({ channels }, options) => new graph.DiffGroupNorm(channels, options as unknown as graph.DiffGroupNormOptions),
    ),
    MessageNorm: (parityCase) => {
      const module = loaded(new graph.MessageNorm(optionsOf(parityCase.args)), parityCase);
      return { module, forward: ({ x, msg }) => ({ y: module.forward(x!, msg!) }) };
    },
  }),
];
