import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { product } from '../axes/permute.js';

/** A tensor whose axes have names. */
interface Named {
  readonly axes: readonly string[];
  readonly value: tf.Tensor;
}

/**
 * Sums of products in index notation: `einsum('bhid,bhjd->bhij', q, k)`. Repeated letters within one operand take its
 * diagonal, `...` stands for axes that broadcast, and without an arrow the letters that occur once are the result's, in
 * alphabetical order. Done as matrix products, two operands at a time from the left; works and trains on every backend.
 *
 * @throws InvalidArgumentError for an equation that does not fit the operands
 */
export function einsum(equation: string, ...operands: tf.Tensor[]): tf.Tensor {
  const { inputs, output } = parse(equation, operands);
  return scope(() => {
    let terms = operands.map((value, i) => diagonal({ axes: inputs[i]!, value }, equation));
    while (terms.length > 1) {
      const [a, b, ...rest] = terms as [Named, Named, ...Named[]];
      const needed = new Set([...output, ...rest.flatMap(({ axes }) => axes)]);
      terms = [
        contract(keep(a, new Set([...needed, ...b.axes])), keep(b, new Set([...needed, ...a.axes])), needed, equation),
        ...rest,
      ];
    }
    return arrange(keep(terms[0]!, new Set(output)), output);
  });
}

function parse(equation: string, operands: readonly tf.Tensor[]): { inputs: string[][]; output: string[] } {
  const [left, right, extra] = equation.replaceAll(/\s/g, '').split('->');
  const fail = (why: string): never => {
    check(false, `einsum '${equation}': ${why}`);
    throw new Error('unreachable');
  };
  const written = left!.split(',');
  if (extra !== undefined) fail('more than one arrow');
  if (written.length !== operands.length) fail(`${written.length} terms for ${operands.length} operands`);
  const shape = /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/;
  for (const term of [...written, right ?? '']) if (!shape.test(term)) fail(`cannot read '${term}'`);
  // the axes behind '...' are numbered from the right
  let most = 0;
  const expand = (term: string, count: number): string[] => {
    const [before, after] = term.split('...') as [string, string?];
    if (after === undefined) return [...before];
    return [...before, ...Array.from({ length: count }, (_, i) => `${count - i}`), ...after];
  };
  const inputs = written.map((term, i) => {
    const hidden = operands[i]!.rank - term.replace('...', '').length;
    if (term.includes('...') ? hidden < 0 : hidden !== 0) {
      fail(`'${term}' does not fit shape [${operands[i]!.shape.join(', ')}]`);
    }
    most = Math.max(most, hidden);
    return expand(term, hidden);
  });
  const all = inputs.flat();
  if (right === undefined) {
    const once = [...new Set(all)].filter(
      (axis) => /[A-Za-z]/.test(axis) && all.indexOf(axis) === all.lastIndexOf(axis),
    );
    return { inputs, output: [...expand('...', most), ...once.sort()] };
  }
  const output = expand(right, most);
  for (const axis of output) if (!all.includes(axis)) fail(`the result's '${axis}' is in no operand`);
  if (new Set(output).size < output.length) fail('the result repeats a letter');
  return { inputs, output };
}

/** Takes the diagonal over axes with one name. */
function diagonal({ axes, value }: Named, equation: string): Named {
  const again = axes.findIndex((axis, i) => axes.indexOf(axis) < i);
  if (again < 0) return { axes, value };
  const first = axes.indexOf(axes[again]!);
  const size = value.shape[first]!;
  check(
    value.shape[again] === size,
    () => `einsum '${equation}': the axes '${axes[first]}' have sizes ${size} and ${value.shape[again]}`,
  );
  const shape = axes.map((_, i) => (i === first || i === again ? size : 1));
  const mask = tf.reshape(tf.eye(size), shape);
  const rest = axes.filter((_, i) => i !== again);
  return diagonal({ axes: rest, value: tf.sum(tf.mul(value, mask), again) }, equation);
}

/** Sums over the axes that nobody needs any more. */
function keep({ axes, value }: Named, needed: ReadonlySet<string>): Named {
  const gone = axes.flatMap((axis, i) => (needed.has(axis) ? [] : [i]));
  if (gone.length === 0) return { axes, value };
  return { axes: axes.filter((axis) => needed.has(axis)), value: tf.sum(value, gone) };
}

/** Transposes to `order`; axes that are missing get size 1. */
function arrange({ axes, value }: Named, order: readonly string[]): tf.Tensor {
  const present = order.filter((axis) => axes.includes(axis));
  const perm = present.map((axis) => axes.indexOf(axis));
  const moved = perm.every((axis, i) => axis === i) ? value : tf.transpose(value, perm);
  return tf.reshape(
    moved,
    order.map((axis) => (axes.includes(axis) ? value.shape[axes.indexOf(axis)]! : 1)),
  );
}

/** One product: axes in both and needed are the batch, axes in both and not needed are summed over. */
function contract(a: Named, b: Named, needed: ReadonlySet<string>, equation: string): Named {
  const sizeOf = (axis: string): number => {
    const sizes = [a, b].flatMap(({ axes, value }) => (axes.includes(axis) ? [value.shape[axes.indexOf(axis)]!] : []));
    const size = Math.max(...sizes);
    check(
      sizes.every((n) => n === size || n === 1),
      () => `einsum '${equation}': axis '${axis}' has sizes ${sizes.join(' and ')}`,
    );
    return size;
  };
  const both = a.axes.filter((axis) => b.axes.includes(axis));
  const batch = both.filter((axis) => needed.has(axis));
  const summed = both.filter((axis) => !needed.has(axis));
  const rows = a.axes.filter((axis) => !both.includes(axis));
  const columns = b.axes.filter((axis) => !both.includes(axis));
  const sizes = (axes: readonly string[]): number[] => axes.map(sizeOf);
  const widened = (term: Named, order: readonly string[]): tf.Tensor => {
    const value = arrange(term, order);
    const full = sizes(order);
    return tf.util.arraysEqual(value.shape, full) ? value : tf.broadcastTo(value, full);
  };
  const left = tf.reshape(widened(a, [...batch, ...rows, ...summed]), [
    product(sizes(batch)),
    product(sizes(rows)),
    product(sizes(summed)),
  ]);
  const right = tf.reshape(widened(b, [...batch, ...summed, ...columns]), [
    product(sizes(batch)),
    product(sizes(summed)),
    product(sizes(columns)),
  ]);
  const axes = [...batch, ...rows, ...columns];
  return { axes, value: tf.reshape(tf.matMul(left, right), sizes(axes)) };
}
