import type { ParityAdapter } from '@hourglass/core/testing';
import { GATConv, GATv2Conv, type GATv2ConvOptions } from '@hourglass/graph';
import { onEdges, pygAdapter, type Op } from './support.js';

const attending = (Conv: typeof GATConv | typeof GATv2Conv): Op =>
  onEdges(
    ({ inChannels, outChannels, ...options }) =>
      new Conv(inChannels as number, outChannels as number, options as GATv2ConvOptions),
    (module, { x, edge_attr: attributes }, edges) => {
      const { value, attention, edges: attended } = module.attend(x!, edges, attributes ?? null);
      return { y: value, attention, att_edge_index: attended.toTensor() };
    },
  );

export const adapters: ParityAdapter[] = [pygAdapter({ GATConv: attending(GATConv), GATv2Conv: attending(GATv2Conv) })];
