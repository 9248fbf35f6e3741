import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  Linear,
  Module,
  ModuleList,
  scope,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import { type EdgeIndex, TypedEdges } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { atDestinations, atSources, bothSides, checkFeatures, type NodeFeatures } from '../message-passing.js';

export interface FiLMConvOptions {
  /** Types of edges, each with its own maps. Default 1. */
  readonly numRelations?: number;
  /** A name that core's `activationByName` knows; null for none. Default `relu`. */
  readonly act?: string | null;
  /** Default `mean`. */
  readonly aggr?: AggregationName | Aggregation;
  readonly generator?: Generator | undefined;
}

/** The receiving node scales and shifts each channel of a message (Brockschmidt 2019, arXiv:1906.12192). */
export class FiLMConv extends Module {
  readonly lins: ModuleList<Linear>;
  readonly films: ModuleList<Linear>;
  readonly lin_skip: Linear;
  readonly film_skip: Linear;
  readonly act: UnaryModule | null;
  readonly aggr_module: Aggregation;
  readonly numRelations: number;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: FiLMConvOptions = {},
  ) {
    super();
    const { numRelations = 1, act = 'relu', aggr = 'mean', generator } = options;
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    const forEach = (make: () => Linear): ModuleList<Linear> =>
      new ModuleList(Array.from({ length: numRelations }, make));
    this.lins = forEach(() => new Linear(sourceWidth, outChannels, { bias: false, generator }));
    this.films = forEach(() => new Linear(destinationWidth, 2 * outChannels, { generator }));
    this.lin_skip = new Linear(destinationWidth, outChannels, { bias: false, generator });
    this.film_skip = new Linear(destinationWidth, 2 * outChannels, { bias: false, generator });
    this.act = act === null ? null : activationByName(act);
    this.aggr_module = aggregationOf(aggr);
    this.numRelations = numRelations;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edges with types where there are several relations
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex | TypedEdges): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    const relations = this.#relations(edges);
    const all = edges instanceof TypedEdges ? edges.edges : edges;
    checkFeatures('FiLMConv', sources, all.sources, this.lins.at(0).inFeatures);
    checkFeatures('FiLMConv', destinations!, all.destinations, this.lin_skip.inFeatures);
    return scope(() => {
      const [shift, scale] = this.#film(this.film_skip, destinations!);
      const own = this.#act(tf.add(tf.mul(scale, this.lin_skip.forward(destinations!)), shift));
      const reached = relations.map((edges, r) => {
        const [shift, scale] = this.#film(this.films.at(r), destinations!);
        const sent = atSources(this.lins.at(r).forward(sources), edges);
        const changed = this.#act(tf.add(tf.mul(atDestinations(scale, edges), sent), atDestinations(shift, edges)));
        return this.aggr_module.forward(changed, edges.incoming);
      });
      return tf.addN([own, ...reached]);
    });
  }

  #relations(edges: EdgeIndex | TypedEdges): readonly EdgeIndex[] {
    if (!(edges instanceof TypedEdges)) {
      check(this.numRelations === 1, 'FiLMConv: several relations need TypedEdges, which say the type of each edge');
      return [edges];
    }
    check(
      edges.relations === this.numRelations,
      () => `FiLMConv: the edges have ${edges.relations} types, the layer was made for ${this.numRelations}`,
    );
    return edges.relationEdges;
  }

  #film(film: Linear, x: tf.Tensor): readonly [shift: tf.Tensor, scale: tf.Tensor] {
    return tf.split(film.forward(x), 2, 1) as [tf.Tensor, tf.Tensor];
  }

  #act(x: tf.Tensor): tf.Tensor {
    return this.act === null ? x : this.act.forward(x);
  }
}
