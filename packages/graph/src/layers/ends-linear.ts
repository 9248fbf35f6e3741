import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope, type Linear } from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { atDestinations, atSources } from './message-passing.js';

/** What each edge's row is made of, in this order; each [rows, width]. */
export interface EndFeatures {
  readonly destination?: tf.Tensor | null;
  readonly source?: tf.Tensor | null;
  /** Of the edges themselves. */
  readonly edge?: tf.Tensor | null;
}

/**
 * A linear map of [destination, source, edge] side by side, for every edge: [edges, out]. The ends are mapped node by node, before they
 * are copied to the edges, which takes fewer products and no tensor of the rows side by side.
 */
export function linearOfEnds(linear: Linear, ends: EndFeatures, edges: EdgeIndex): tf.Tensor {
  const { destination = null, source = null, edge = null } = ends;
  const given = [destination, source, edge].filter((x) => x !== null);
  const widths = given.map((x) => x.shape[1]!);
  check(
    widths.reduce((a, b) => a + b, 0) === linear.inFeatures,
    () => `a linear map of ${linear.inFeatures} values for each edge is given ${widths.join(' + ')}`,
  );
  return scope(() => {
    const parts = tf.split(linear.weight.value, widths);
    const part = (x: tf.Tensor, i: number): tf.Tensor => functional.linear(x, parts.at(i)!);
    const terms = [
      ...(destination === null ? [] : [atDestinations(part(destination, 0), edges)]),
      ...(source === null ? [] : [atSources(part(source, destination === null ? 0 : 1), edges)]),
      ...(edge === null ? [] : [part(edge, -1)]),
    ];
    const sum = terms.reduce((a, b) => tf.add(a, b));
    return linear.bias === null ? sum : tf.add(sum, linear.bias.value);
  });
}
