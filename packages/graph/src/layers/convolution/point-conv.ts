import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Module, scope, type UnaryModule } from '@hourglass/core';
import { replaceSelfLoops, type EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { atDestinations, atSources, bothSides, checkFeatures, type NodeFeatures } from '../message-passing.js';

export interface PointConvOptions {
  /** Of each neighbour's features beside what the points' places say. Default: none. */
  readonly localNn?: UnaryModule | null;
  /** Of what reaches a node. Default: none. */
  readonly globalNn?: UnaryModule | null;
  /** Every point is a neighbour of itself. Default true. */
  readonly addSelfLoops?: boolean;
  /** Default `max`. */
  readonly aggr?: AggregationName | Aggregation;
}

/** What layers on points share: networks of neighbours' features beside something geometric, and of their maximum. */
abstract class PointConv extends Module {
  readonly local_nn: UnaryModule | null;
  readonly global_nn: UnaryModule | null;
  readonly aggr_module: Aggregation;
  readonly addSelfLoops: boolean;

  constructor(options: PointConvOptions) {
    super();
    const { localNn = null, globalNn = null, addSelfLoops = true, aggr = 'max' } = options;
    this.local_nn = localNn;
    this.global_nn = globalNn;
    this.aggr_module = aggregationOf(aggr);
    this.addSelfLoops = addSelfLoops;
  }

  /** @param geometry what is known of each edge's ends, [edges, width] */
  protected convolve(x: tf.Tensor | null, edges: EdgeIndex, geometry: (edges: EdgeIndex) => tf.Tensor): tf.Tensor {
    if (x !== null) checkFeatures(this.constructor.name, x, edges.sources);
    return scope(() => {
      const looped = this.addSelfLoops ? replaceSelfLoops(edges).edges : edges;
      const place = geometry(looped);
      const sent = x === null ? place : tf.concat([atSources(x, looped), place], -1);
      const y = this.aggr_module.forward(this.local_nn?.forward(sent) ?? sent, looped.incoming);
      return this.global_nn?.forward(y) ?? y;
    });
  }
}

/** Places of the points at both sides, checked. */
function places(what: string, pos: NodeFeatures, edges: EdgeIndex): readonly [tf.Tensor, tf.Tensor] {
  const [sources, destinations] = bothSides(pos);
  check(destinations !== null, () => `${what}: the destinations need places too`);
  checkFeatures(what, sources, edges.sources);
  checkFeatures(what, destinations, edges.destinations);
  return [sources, destinations];
}

/** PointNet's layer on the neighbourhoods of points (Qi et al. 2017, arXiv:1612.00593 and arXiv:1706.02413). */
export class PointNetConv extends PointConv {
  /** `localNn` maps float32 [edges, width of x + dimensions]. */
  constructor(options: PointConvOptions = {}) {
    super(options);
  }

  /**
   * @param x float32 [sources, width], or null
   * @param pos places, float32 [nodes, dimensions], or of both sides
   * @returns float32 [destinations, outChannels]
   */
  forward(x: tf.Tensor | null, pos: NodeFeatures, edges: EdgeIndex): tf.Tensor {
    const [from, to] = places('PointNetConv', pos, edges);
    return this.convolve(x, edges, (edges) => tf.sub(atSources(from, edges), atDestinations(to, edges)));
  }
}

/** PPFNet's layer: distances and angles instead of places, so that turning the points changes nothing (Deng et al. 2018, arXiv:1802.02669). */
export class PPFConv extends PointConv {
  /** `localNn` maps float32 [edges, width of x + 4]. */
  constructor(options: PointConvOptions = {}) {
    super(options);
  }

  /**
   * @param x float32 [sources, width], or null
   * @param pos places, float32 [nodes, 3], or of both sides
   * @param normal normals of the surface, float32 [nodes, 3], or of both sides
   * @returns float32 [destinations, outChannels]
   */
  forward(x: tf.Tensor | null, pos: NodeFeatures, normal: NodeFeatures, edges: EdgeIndex): tf.Tensor {
    const [from, to] = places('PPFConv', pos, edges);
    const [normalFrom, normalTo] = places('PPFConv', normal, edges);
    return this.convolve(x, edges, (edges) =>
      pointPairFeatures(
        tf.sub(atSources(from, edges), atDestinations(to, edges)),
        atDestinations(normalTo, edges),
        atSources(normalFrom, edges),
      ),
    );
  }
}

/** Length of the offset, and the angles between it and both normals and between these: [rows, 4]. */
function pointPairFeatures(offset: tf.Tensor, normalTo: tf.Tensor, normalFrom: tf.Tensor): tf.Tensor {
  return tf.stack([norm(offset), angle(normalTo, offset), angle(normalFrom, offset), angle(normalTo, normalFrom)], 1);
}

/** Euclidean length of each row, whose gradient at 0 is 0. */
function norm(x: tf.Tensor): tf.Tensor {
  return functional.vectorNorm(x, { dims: -1 });
}

/** Angle between vectors [rows, 3]; 0, without a gradient, where one is 0. */
function angle(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const across = norm(cross(a, b));
  const along = tf.sum(tf.mul(a, b), -1);
  const none = tf.logicalAnd(tf.equal(across, 0), tf.equal(along, 0));
  return tf.atan2(across, tf.where(none, tf.onesLike(along), along));
}

function cross(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const turned = (x: tf.Tensor, by: readonly number[]): tf.Tensor => tf.gather(x, [...by], 1);
  const [next, last] = [
    [1, 2, 0],
    [2, 0, 1],
  ] as const;
  return tf.sub(tf.mul(turned(a, next), turned(b, last)), tf.mul(turned(a, last), turned(b, next)));
}
