import { loadStateDict, functional } from '@hourglass/core';
import type { ParityAdapter } from '@hourglass/core/testing';
import { EdgeIndex, GINConv, GPSConv, PNAConv, type GPSConvOptions, type PNAConvOptions } from '@hourglass/graph';
import { networkOf, onEdges, optionsOf, pygAdapter, type Op } from './support.js';

/** With a GINConv, where the case has its parameters. */
const gps: Op = (parityCase) => {
  const { args, inputs, parameters } = parityCase;
  const { x, batch: ids, edge_index: edgeIndex } = inputs;
  const { channels = x!.shape[1]!, conv: _description, ...options } = optionsOf(args);
  const hasConv = [...parameters.keys()].some((name) => name.startsWith('conv.'));
  const conv = hasConv ? new GINConv(networkOf(parityCase, 'conv.nn')) : null;
  const module = new GPSConv(channels as number, conv, options as GPSConvOptions);
  loadStateDict(module, parameters);
  module.eval();
  const edges = new EdgeIndex(edgeIndex!, x!.shape[0]!);
  const graphs = ids === undefined ? null : new functional.Segments(ids, Math.max(...ids.dataSync()) + 1);
  return {
    module,
    forward: (inputs) => ({ y: module.forward(inputs['x']!, edges, graphs) }),
    dispose() {
      edges.dispose();
      graphs?.dispose();
    },
  };
};

export const adapters: ParityAdapter[] = [
  pygAdapter({
    PNAConv: onEdges(
      ({ inChannels, outChannels, ...options }) =>
        new PNAConv(inChannels as number, outChannels as number, options as unknown as PNAConvOptions),
      (module, { x, edge_attr: attributes }, edges) => ({ y: module.forward(x!, edges, attributes ?? null) }),
    ),
    GPSConv: gps,
    'GPSConv no conv': gps,
  }),
];
