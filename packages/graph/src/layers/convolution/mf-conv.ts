import * as tf from '@tensorflow/tfjs-core';
import { functional, Linear, Module, ModuleList, scope } from '@hourglass/core';
import type { Disposable, EdgeIndex } from '../../edges/index.js';
import { groupedProduct } from '../grouped-product.js';
import { bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';
import { inDegrees } from '../propagate.js';

export interface MFConvOptions extends ConvOptions {
  /** Nodes with more neighbours share the last maps. Default 10. */
  readonly maxDegree?: number;
}

/** Maps of their own for each number of neighbours, for molecular fingerprints (Duvenaud et al. 2015, arXiv:1509.09292). */
export class MFConv extends Module {
  readonly lins_l: ModuleList<Linear>;
  readonly lins_r: ModuleList<Linear>;
  readonly maxDegree: number;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: MFConvOptions = {},
  ) {
    super();
    const { maxDegree = 10, bias = true, generator } = options;
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    const forEach = (width: number, bias: boolean): ModuleList<Linear> =>
      new ModuleList(Array.from({ length: maxDegree + 1 }, () => new Linear(width, outChannels, { bias, generator })));
    this.lins_l = forEach(sourceWidth, bias);
    this.lins_r = forEach(destinationWidth, false);
    this.maxDegree = maxDegree;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('MFConv', sources, edges.sources, this.lins_l.at(0).inFeatures);
    if (destinations !== null) checkFeatures('MFConv', destinations, edges.destinations, this.lins_r.at(0).inFeatures);
    return scope(() => {
      const { degrees, place, sizes } = byDegree(edges, this.maxDegree);
      const { order } = degrees;
      const mapped = (x: tf.Tensor, lins: ModuleList<Linear>): tf.Tensor =>
        groupedProduct(
          order === null ? x : tf.gather(x, order),
          tf.stack(Array.from(lins, ({ weight }) => weight.value)),
          sizes,
        );
      const reached = mapped(functional.spmm(edges.adjacency, null, sources), this.lins_l);
      const sorted = destinations === null ? reached : tf.add(reached, mapped(destinations, this.lins_r));
      const y = order === null ? sorted : tf.gather(sorted, place);
      const biases = Array.from(this.lins_l, ({ bias }) => bias);
      if (biases[0] === null) return y;
      return tf.add(y, functional.segmentGather(tf.stack(biases.map((bias) => bias!.value)), degrees));
    });
  }
}

interface ByDegree extends Disposable {
  /** Nodes grouped by the number of edges that lead to them. */
  readonly degrees: functional.Segments;
  /** Where each node stands in that order. */
  readonly place: tf.Tensor1D;
  readonly sizes: readonly number[];
}

function byDegree(edges: EdgeIndex, most: number): ByDegree {
  return edges.derived(`nodes by degree up to ${most}`, () => {
    const degrees = new functional.Segments(
      inDegrees(edges).map((degree) => Math.min(degree, most)),
      most + 1,
    );
    const { order, pointer } = degrees.values;
    const places = new Int32Array(order.length);
    order.forEach((node, place) => (places[node] = place));
    const place = tf.keep(tf.tensor1d(places, 'int32'));
    return {
      degrees,
      place,
      sizes: Array.from({ length: most + 1 }, (_, degree) => pointer[degree + 1]! - pointer[degree]!),
      dispose() {
        degrees.dispose();
        place.dispose();
      },
    };
  });
}
