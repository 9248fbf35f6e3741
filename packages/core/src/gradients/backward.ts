import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, UnsupportedError } from '../errors.js';
import { AccumulateUpdate } from '../kernels/accumulate-update/spec.js';
import { scope } from '../memory.js';
import { tapeEnded } from './after-gradients.js';
import { isOfThisScope, savingWithoutNodes } from './saving.js';
import { asking } from './wanted.js';

/** A variable's gradient; null where the value does not depend on it. */
type VariableGradient = tf.Tensor | null;

/** What TFJS notes of an operation. */
interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  saved?: tf.Tensor[];
  readonly gradient?: (dys: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/**
 * tf.variableGrads with the memory in mind: what an operation saved is freed as soon as its gradient is computed, and so is
 * the gradient of its output, where TFJS holds the gradients of all outputs to the end. Gradients that meet are added in
 * place where the backend can.
 *
 * Inside another gradient it is TFJS's, which can be differentiated.
 *
 * @throws InvalidArgumentError when the value depends on none of the variables.
 */
export function variableGradients(
  forward: () => tf.Scalar,
  variables: readonly tf.Variable[],
): { readonly value: tf.Scalar; readonly gradients: readonly VariableGradient[] } {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) {
    const { value, grads } = tf.variableGrads(forward, [...variables]);
    return { value, gradients: variables.map(({ name }) => grads[name] ?? null) };
  }
  try {
    const { value, tape } = recorded(forward);
    return scope(() => ({ value, gradients: backward(tape, value, variables) }));
  } finally {
    // what is left after a throw: kept tensors that no scope frees
    for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
    if (state.activeTape !== null) tapeEnded(state.activeTape);
    state.activeTape = [];
  }
}

function recorded(forward: () => tf.Scalar): { value: tf.Scalar; tape: TapeNode[] } {
  const { state } = tf.engine();
  const tape: TapeNode[] = [];
  state.activeTape = tape as unknown as typeof state.activeTape;
  state.gradientDepth++;
  try {
    return { value: savingWithoutNodes(() => tf.tidy(forward)), tape };
  } finally {
    state.gradientDepth--;
  }
}

function backward(tape: TapeNode[], value: tf.Tensor, variables: readonly tf.Variable[]): VariableGradient[] {
  const dependent = dependents(tape, variables);
  const gradients = new Map<number, tf.Tensor>([[value.id, tf.onesLike(value)]]);
  const lasting = new Set(variables.map(({ id }) => id));
  for (let node = tape.pop(); node !== undefined; node = tape.pop()) {
    const dys = node.outputs.map(({ id }) => gradients.get(id));
    const wanted = Object.keys(node.inputs).filter((name) => dependent.has(node!.inputs[name]!.id));
    try {
      if (wanted.length > 0 && dys.some((dy) => dy !== undefined)) propagate(node, dys, wanted, gradients);
    } finally {
      // also when it throws: the node is no longer on the tape
      tf.dispose(node.saved ?? []);
    }
    for (const { id } of node.outputs) {
      if (lasting.has(id)) continue;
      gradients.get(id)?.dispose();
      gradients.delete(id);
    }
  }
  const found = variables.map(({ id }) => gradients.get(id) ?? null);
  if (found.every((gradient) => gradient === null)) {
    throw new InvalidArgumentError(
      'the value depends on none of the parameters: no differentiable operation leads from one of them to it',
    );
  }
  return found;
}

/** Ids of the tensors that depend on a variable. What other operations saved is freed. */
function dependents(tape: readonly TapeNode[], variables: readonly tf.Variable[]): Set<number> {
  const dependent = new Set(variables.map(({ id }) => id));
  for (const node of tape) {
    let depends = false;
    for (const name in node.inputs) depends ||= dependent.has(node.inputs[name]!.id);
    if (depends) for (const { id } of node.outputs) dependent.add(id);
    else tf.dispose(node.saved ?? []);
  }
  return dependent;
}

/** Adds the gradients of a node's inputs to what is known of them. */
function propagate(
  node: TapeNode,
  known: ReadonlyArray<tf.Tensor | undefined>,
  wanted: readonly string[],
  gradients: Map<number, tf.Tensor>,
): void {
  const { gradient, kernelName } = node;
  if (gradient === undefined) throw new UnsupportedError(`cannot compute gradients: kernel ${kernelName} has none`);
  const made = scope(() => {
    const dys = known.map((dy, i) => dy ?? tf.zeros(node.outputs[i]!.shape, 'float32'));
    const own = new Set<tf.Tensor>();
    const ofInputs = asking(wanted, () => gradient(dys));
    return wanted.map((name) => {
      const ofInput = ofInputs[name];
      if (ofInput === undefined) throw new UnsupportedError(`${kernelName} has no gradient for its input '${name}'`);
      const dx = tf.tidy(ofInput);
      const x = node.inputs[name]!;
      if (dx.dtype !== 'float32' || !tf.util.arraysEqual(dx.shape, x.shape)) {
        throw new InvalidArgumentError(
          `${kernelName}: the gradient of '${name}' is ${dx.dtype} [${dx.shape.join(', ')}], ` +
            `it must be float32 [${x.shape.join(', ')}]`,
        );
      }
      if (!isOfThisScope(dx) || own.has(dx)) return tf.clone(dx);
      own.add(dx);
      return dx;
    });
  });
  wanted.forEach((name, i) => {
    const { id } = node.inputs[name]!;
    const dx = made[i]!;
    const sum = gradients.get(id);
    gradients.set(id, sum === undefined ? dx : accumulated(sum, dx));
  });
}

/** sum + addend; both are freed. */
export function accumulated(sum: tf.Tensor, addend: tf.Tensor): tf.Tensor {
  const total = AccumulateUpdate.run({ sum, addend }, {})[0]!;
  tf.dispose([sum, addend]);
  return total;
}
