import * as tf from '@tensorflow/tfjs-core';
import { check, customOp, functional, scope, type Linear, type Parameter } from '@hourglass/core';
import { EdgeIndex, edgePieces } from '../../edges/index.js';
import { glorot, glorotLinear } from '../initialise.js';
import { atDestinations, atSources } from '../message-passing.js';
import { splitHeads } from './attention.js';
import { GraphAttentionConv, type Attending, type GATConvOptions } from './graph-attention.js';

export interface GATv2ConvOptions extends GATConvOptions {
  /** One linear map for both ends of an edge. Default false. */
  readonly shareWeights?: boolean;
  /** Edges whose hidden vectors are in memory at once. Default: two for each node, and a million at least. */
  readonly edgesAtOnce?: number;
}

/**
 * Graph attention whose scores are a small network of both ends, so that each node can rank its neighbours in its own way (Brody et
 * al. 2021, arXiv:2105.14491). For each edge there is a hidden vector; a million of
 * them are in memory at once, and they are made anew in the backward pass instead of kept.
 */
export class GATv2Conv extends GraphAttentionConv {
  /** Of the sources. */
  readonly lin_l: Linear;
  /** Of the destinations. */
  readonly lin_r: Linear;
  readonly att: Parameter;
  readonly #negativeSlope: number;
  readonly #edgesAtOnce: number | null;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(inChannels: number | readonly [number, number], outChannels: number, options: GATv2ConvOptions = {}) {
    super(inChannels, outChannels, options);
    const { negativeSlope = 0.2, bias = true, shareWeights = false, generator } = options;
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    check(
      !shareWeights || sourceWidth === destinationWidth,
      'GATv2Conv: shareWeights needs features of the same width on both sides',
    );
    const map = (inputs: number): Linear => glorotLinear(inputs, this.heads * outChannels, { bias, generator });
    this.lin_l = map(sourceWidth);
    this.lin_r = shareWeights ? this.lin_l : map(destinationWidth);
    this.att = glorot([1, this.heads, outChannels], { generator });
    this.#negativeSlope = negativeSlope;
    this.#edgesAtOnce = options.edgesAtOnce ?? null;
  }

  protected override score({ xSource, xDestination, edges, attributes }: Attending): {
    values: tf.Tensor;
    scores: tf.Tensor;
  } {
    check(xDestination !== null, 'GATv2Conv: the destinations need features too');
    const source = splitHeads(this.lin_l.forward(xSource), this.heads);
    const isSame = this.lin_l === this.lin_r && xSource === xDestination;
    const destination = isSame ? source : splitHeads(this.lin_r.forward(xDestination), this.heads);
    const mapped = attributes === null ? null : splitHeads(this.lin_edge!.forward(attributes), this.heads);
    const most = this.#edgesAtOnce ?? Math.max(2 ** 20, 2 * Math.max(edges.sources, edges.destinations));
    const pieces = edgePieces(edges, most);
    return {
      values: source,
      scores: hiddenScores({ source, destination, mapped }, this.att.value, pieces, this.#negativeSlope),
    };
  }
}

/** All [rows, heads, channels]. */
interface Ends {
  readonly source: tf.Tensor;
  readonly destination: tf.Tensor;
  /** Of the edges themselves. */
  readonly mapped: tf.Tensor | null;
}

/**
 * att · leakyRelu(source + destination + mapped) for every edge and head: [edges, heads]. An operation of its own, since the tape
 * would keep several tensors [edges, heads, channels]; its backward pass computes the one that it needs again.
 *
 * @param pieces the edges, in lists that are worked off one after another
 */
function hiddenScores(ends: Ends, att: tf.Tensor, pieces: readonly EdgeIndex[], slope: number): tf.Tensor {
  const { source, destination, mapped } = ends;
  const firsts = pieces.map((_, i) => pieces.slice(0, i).reduce((sum, { edges }) => sum + edges, 0));
  const part = (x: tf.Tensor, i: number): tf.Tensor =>
    pieces.length === 1
      ? x
      : tf.slice(x, [firsts[i]!, ...x.shape.slice(1).map(() => 0)], [pieces[i]!.edges, ...x.shape.slice(1)]);
  // scopes within scopes free what is as large as the edges as soon as it may be
  const hidden = ([source, destination, , mapped]: readonly tf.Tensor[], i: number): tf.Tensor =>
    scope(() => {
      const sum = tf.add(atSources(source!, pieces[i]!), atDestinations(destination!, pieces[i]!));
      return mapped === undefined ? sum : tf.add(sum, part(mapped, i));
    });
  return customOp(
    [source, destination, att, ...(mapped === null ? [] : [mapped])],
    (...inputs) => {
      const scores = pieces.map((edges, i) =>
        scope(() => {
          const active = scope(() => functional.leakyRelu(hidden(inputs, i), slope));
          return functional.sddmm(edgesToOne(edges).adjacency, inputs[2]!, active);
        }),
      );
      return { value: scores.length === 1 ? scores[0]! : tf.concat(scores) };
    },
    (dy, inputs) => {
      const gradients = pieces.map((edges, i) =>
        scope(() => {
          const before = hidden(inputs, i);
          const dScores = part(dy, i);
          const att = scope(() =>
            functional.spmm(edgesToOne(edges).adjacency, dScores, functional.leakyRelu(before, slope)),
          );
          const dBefore = scope(() => {
            const dActive = functional.spmm(edgesToOne(edges).adjacency.transposed, dScores, inputs[2]!);
            // 1 above zero, else the slope
            return tf.mul(dActive, tf.step(before, slope));
          });
          return {
            source: functional.segmentSum(dBefore, edges.outgoing),
            destination: functional.segmentSum(dBefore, edges.incoming),
            att,
            mapped: inputs.length === 4 ? dBefore : null,
          };
        }),
      );
      const sum = (of: 'source' | 'destination' | 'att'): tf.Tensor =>
        gradients.map((gradient) => gradient[of]).reduce((a, b) => tf.add(a, b));
      const rest = inputs.length === 4 ? [tf.concat(gradients.map(({ mapped }) => mapped!))] : [];
      return [sum('source'), sum('destination'), sum('att'), ...rest];
    },
  );
}

/** Every edge, taken as a node, leads to one node: products with a single vector for each head. */
function edgesToOne(edges: EdgeIndex): EdgeIndex {
  return edges.derived('edges to one node', () => {
    const numbers = new Int32Array(edges.edges).map((_, e) => e);
    return new EdgeIndex([numbers, new Int32Array(edges.edges)], [edges.edges, 1]);
  });
}
