import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { composed, type Composition } from '../composition.js';

/** The terms of 'ab,bc->ac'. Without an arrow the result has the labels that occur once, in alphabetical order. */
export function parseEinsum(equation: string, operands: number): { readonly terms: string[]; readonly result: string } {
  const [left, arrow, ...more] = equation.replaceAll(/\s/g, '').split('->');
  check(more.length === 0 && left !== undefined, `einsum: '${equation}' must have one '->'`);
  const terms = left.split(',');
  check(
    terms.length === operands,
    `einsum: '${equation}' describes ${terms.length} operands, but ${operands} were given`,
  );
  for (const term of [...terms, arrow ?? '']) {
    check(
      /^[A-Za-z]*$/.test(term),
      `einsum: '${term}' in '${equation}' must consist of letters; '...' is not supported`,
    );
    check(
      new Set(term).size === term.length,
      `einsum: a label occurs twice in '${term}' of '${equation}'; diagonals are not supported`,
    );
  }
  const all = terms.join('');
  const result =
    arrow ??
    [...new Set(all)]
      .filter((l) => all.indexOf(l) === all.lastIndexOf(l))
      .toSorted()
      .join('');
  for (const label of result)
    check(all.includes(label), `einsum: '${label}' of the result is in no operand of '${equation}'`);
  return { terms, result };
}

interface Labelled {
  readonly labels: string;
  readonly x: tf.Tensor;
}

/** Brings `x` to the order of `labels`. */
function arrange({ labels: own, x }: Labelled, labels: string): tf.Tensor {
  return own === labels
    ? x
    : tf.transpose(
        x,
        [...labels].map((label) => own.indexOf(label)),
      );
}

/** Sums out the labels that nothing else needs. */
function reduce({ labels, x }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = [...labels].flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (axes.length === 0) return { labels, x };
  return { labels: [...labels].filter((label) => needed.has(label)).join(''), x: tf.sum(x, axes) };
}

/** Contracts two operands with one batched matrix product. */
function contract(a: Labelled, b: Labelled, needed: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): Labelled {
  const left = reduce(a, new Set([...needed, ...b.labels]));
  const right = reduce(b, new Set([...needed, ...a.labels]));
  const shared = [...left.labels].filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label)).join('');
  const inner = shared.filter((label) => !needed.has(label)).join('');
  const rows = [...left.labels].filter((label) => !right.labels.includes(label)).join('');
  const columns = [...right.labels].filter((label) => !left.labels.includes(label)).join('');
  const labels = batch + rows + columns;
  const shape = (part: string): number[] => [...part].map((label) => sizes.get(label)!);
  const size = (part: string): number => tf.util.sizeFromShape(shape(part));
  if (inner === '') {
    const x = tf.mul(
      tf.reshape(
        arrange(left, batch + rows),
        [...shape(batch + rows), ...columns].map((d) => (typeof d === 'number' ? d : 1)),
      ),
      tf.reshape(arrange(right, batch + columns), [...shape(batch), ...[...rows].map(() => 1), ...shape(columns)]),
    );
    return { labels, x };
  }
  // transposing within the product spares a copy where an operand lies the other way round
  const flipped = left.labels === batch + inner + rows;
  const turned = right.labels === batch + columns + inner;
  const l = tf.reshape(
    flipped ? left.x : arrange(left, batch + rows + inner),
    flipped ? [size(batch), size(inner), size(rows)] : [size(batch), size(rows), size(inner)],
  );
  const r = tf.reshape(
    turned ? right.x : arrange(right, batch + inner + columns),
    turned ? [size(batch), size(columns), size(inner)] : [size(batch), size(inner), size(columns)],
  );
  return { labels, x: tf.reshape(tf.matMul(l, r, flipped, turned), shape(labels)) };
}

/** Einstein summation over any number of operands, from left to right, each step a matrix product. */
export const einsumKernel: Composition = composed<tf.EinsumAttrs>(tf.Einsum, 'slow', (inputs, { equation }) => {
  const tensors = Object.keys(inputs).map((key) => inputs[key]!);
  const { terms, result } = parseEinsum(equation, tensors.length);
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    const { shape } = tensors[i]!;
    check(
      term.length === shape.length,
      `einsum: '${term}' of '${equation}' does not fit operand ${i} of shape [${shape.join(', ')}]`,
    );
    [...term].forEach((label, axis) => {
      const known = sizes.get(label) ?? shape[axis]!;
      check(
        known === shape[axis],
        `einsum: '${label}' of '${equation}' is ${known} in one operand and ${shape[axis]} in another`,
      );
      sizes.set(label, known);
    });
  });
  const operands = terms.map((labels, i): Labelled => ({ labels, x: tensors[i]! }));
  const total = operands.slice(1).reduce((left, right, i) => {
    const later = terms.slice(i + 2).join('');
    return contract(left, right, new Set(result + later), sizes);
  }, operands[0]!);
  return tf.clone(arrange(reduce(total, new Set(result)), result));
});
