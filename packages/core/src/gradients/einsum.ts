import * as tf from '@tensorflow/tfjs-core';
import { parseEinsum } from '../completion/host/einsum.js';
import { expandTo } from './broadcast.js';
import { gradient } from './define.js';

/** d einsum / d operand i: the einsum of dy with the other operands, in the order of operand i. */
function operandGradient(dy: tf.Tensor, operands: tf.Tensor[], terms: string[], result: string, i: number): tf.Tensor {
  const term = terms[i]!;
  const others = terms.filter((_, k) => k !== i);
  const elsewhere = result + others.join('');
  // labels that only this operand has were summed away, so the gradient does not depend on them
  const found = [...term].filter((label) => elsewhere.includes(label)).join('');
  const equation = `${[result, ...others].join(',')}->${found}`;
  const inner = tf.einsum(equation, dy, ...operands.filter((_, k) => k !== i));
  const { shape } = operands[i]!;
  const kept = [...term].map((label, axis) => (found.includes(label) ? shape[axis]! : 1));
  return expandTo(tf.reshape(inner, kept), shape);
}

export const einsumGradients: readonly tf.GradConfig[] = [
  gradient<tf.EinsumAttrs>(tf.Einsum, { values: 'all' }, (dy, operands, { equation }) => {
    const { terms, result } = parseEinsum(equation, operands.length);
    return Object.fromEntries(
      operands.map((_, i): [string, () => tf.Tensor] => [
        i.toString(),
        () => operandGradient(dy, operands, terms, result, i),
      ]),
    );
  }),
];
