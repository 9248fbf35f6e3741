import type * as tf from '@tensorflow/tfjs-core';
import { loadStateDict, type Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  edgeTypeName,
  EdgeIndex,
  HANConv,
  HeteroConv,
  HGTConv,
  SAGEConv,
  type EdgeType,
  type HANConvOptions,
  type HeteroMetadata,
  type HeteroReduction,
  type HGTConvOptions,
} from '@hourglass/graph';
import { optionsOf, pygAdapter, type Op } from './support.js';

/** Types in the order of the inputs e0, e1, …: the case's, or another case's of the folder, whose graph is the same. */
function metadataOf({ args, config }: ParityCase): HeteroMetadata {
  const cases = (config['cases'] ?? []) as ReadonlyArray<{ readonly args: ParityCase['args'] }>;
  const stated = [args, ...cases.map(({ args }) => args)].find((args) => 'metadata' in args)?.['metadata'];
  const [nodeTypes, edgeTypes] = stated as [string[], EdgeType[]];
  return { nodeTypes, edgeTypes };
}

/** A layer on features xa, xb, … and edges e0, e1, …, with outputs y_a, y_b, … */
function onTypes<M extends Module & { forward: HGTConv['forward'] }>(
  make: (options: Record<string, unknown>, metadata: HeteroMetadata, parityCase: ParityCase) => M,
): Op {
  return (parityCase) => {
    const { inputs, args, parameters } = parityCase;
    const metadata = metadataOf(parityCase);
    const { metadata: _stated, ...options } = optionsOf(args);
    const module = make(options, metadata, parityCase);
    loadStateDict(module, parameters);
    module.eval();
    const features = (inputs: Readonly<NamedTensors>): Record<string, tf.Tensor> =>
      Object.fromEntries(
        metadata.nodeTypes.flatMap((type) => (`x${type}` in inputs ? [[type, inputs[`x${type}`]!]] : [])),
      );
    const counts = features(inputs);
    const edges = Object.fromEntries(
      metadata.edgeTypes.flatMap((type, i) => {
        const index = inputs[`e${i}`];
        const sides = [counts[type[0]]!.shape[0]!, counts[type[2]]!.shape[0]!] as const;
        return index === undefined ? [] : [[edgeTypeName(type), new EdgeIndex(index, sides)] as const];
      }),
    );
    return {
      module,
      forward: (inputs) =>
        Object.fromEntries(
          Object.entries(module.forward(features(inputs), edges)).map(([type, y]) => [`y_${type}`, y]),
        ),
      dispose: () => Object.values(edges).forEach((index) => index.dispose()),
    };
  };
}

/** Width of the features where the case does not say it. */
const widths = ({ inputs }: ParityCase, { nodeTypes }: HeteroMetadata): Record<string, number> =>
  Object.fromEntries(nodeTypes.map((type) => [type, inputs[`x${type}`]!.shape[1]!]));

export const adapters: ParityAdapter[] = [
  pygAdapter({
    HGTConv: onTypes(
      ({ outChannels, heads }, metadata, parityCase) =>
        new HGTConv(widths(parityCase, metadata), outChannels as number, metadata, { heads } as HGTConvOptions),
    ),
    HANConv: onTypes(
      (options, metadata, parityCase) =>
        new HANConv(
          widths(parityCase, metadata),
          options['outChannels'] as number,
          metadata,
          options as HANConvOptions,
        ),
    ),
    HeteroConv: onTypes(({ aggr = 'sum' }, metadata, parityCase) => {
      const convs = metadata.edgeTypes.map((type) => {
        const [outputs, sources] = parityCase.parameters.get(`convs.<${type.join('___')}>.lin_l.weight`)!.shape;
        const destinations = parityCase.parameters.get(`convs.<${type.join('___')}>.lin_r.weight`)!.shape[1]!;
        return [type, new SAGEConv([sources!, destinations], outputs!)] as const;
      });
      return new HeteroConv(convs, { aggr: aggr as HeteroReduction });
    }),
  }),
];
