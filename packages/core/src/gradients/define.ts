import * as tf from '@tensorflow/tfjs-core';

/** The gradients of a kernel's inputs, by input name; only those that are asked for are computed. */
export type InputGradients = Record<string, () => tf.Tensor>;

/** What a gradient needs from the forward pass. It is handed over in this order: values, shapes, outputs. */
export interface Saves {
  /** Inputs whose values the gradient needs; `all` for a kernel that takes a list. */
  readonly values?: readonly string[] | 'all';
  /** Inputs of which the shape is enough; `all` as above. See {@link shapeOf}. */
  readonly shapes?: readonly string[] | 'all';
  /** Whether it needs the output; for a kernel of several, whether it needs each. */
  readonly output?: boolean | readonly boolean[];
  /** For an output that the gradient is a smooth function of: the inputs it depends on. See {@link isNested}. */
  readonly recompute?: readonly string[];
}

/**
 * Describes one kernel's gradient to TFJS.
 *
 * The functions in the result must return NEW tensors (never `dy` itself: TFJS disposes a gradient once it has added
 * it to another), of the input's shape and of dtype float32.
 */
export function gradient<Attributes extends object = Record<string, never>>(
  kernelName: string,
  saves: Saves,
  fn: (dy: tf.Tensor, saved: tf.Tensor[], attrs: Attributes) => InputGradients,
): tf.GradConfig {
  return gradientOfMany<Attributes>(kernelName, saves, (dys, saved, attrs) => fn(dys[0]!, saved, attrs));
}

/** {@link gradient} for a kernel with several outputs. */
export function gradientOfMany<Attributes extends object>(
  kernelName: string,
  saves: Saves,
  fn: (dys: tf.Tensor[], saved: tf.Tensor[], attrs: Attributes) => InputGradients,
): tf.GradConfig {
  const { recompute } = saves;
  const outputs = [saves.output ?? []].flat();
  return {
    kernelName,
    inputsToSave: new SavedInputs(saves),
    get outputsToSave() {
      return recompute !== undefined && isNested() ? [] : outputs;
    },
    gradFunc(dy, saved, attrs) {
      release(saved);
      const dys = Array.isArray(dy) ? dy : [dy];
      if (recompute === undefined || !isMark(saved.at(-1))) return fn(dys, saved, attrs as unknown as Attributes);
      const own = saved.length - 1 - recompute.length;
      const inputs = Object.fromEntries(recompute.map((name, i): [string, tf.Tensor] => [name, saved[own + i]!]));
      const output = runKernel(kernelName, inputs, attrs);
      return fn(dys, [...saved.slice(0, own), output], attrs as unknown as Attributes);
    },
  };
}

/** What the gradient before this one had saved. */
let spent: tf.Tensor[] = [];

/**
 * Frees what the previous gradient had saved, so that activations go as the backward pass comes by; TFJS would hold all
 * of them to its end. Not while a gradient is itself being differentiated, which needs them again.
 */
export function release(saved: tf.Tensor[]): void {
  tf.dispose(spent);
  spent = tf.engine().state.gradientDepth === 0 ? saved : [];
}

/**
 * Whether a gradient of a gradient is being taken. TFJS's tape then loses what flows through a saved output, because it
 * notes the copy that it saves before the kernel that made the original; so the inputs are saved instead, and the output
 * is computed again from them.
 */
function isNested(): boolean {
  return tf.engine().state.gradientDepth > 1;
}

/**
 * The list of input names that TFJS maps over to collect what it saves. TFJS can only save whole tensors, and would
 * hold an activation for the whole step just because its shape is needed; so where the shape is enough, this list
 * answers with a tensor of no elements that has that shape behind a leading 0.
 */
class SavedInputs extends Array<string> {
  readonly #saves: Saves;

  constructor(saves: Saves) {
    super();
    this.#saves = saves;
  }

  override map<U>(find: (name: string, index: number, list: string[]) => U): U[] {
    const { values, shapes, recompute } = this.#saves;
    const input = (name: string): tf.Tensor | undefined => find(name, 0, this) as tf.Tensor | undefined;
    const named = (names: readonly string[] | 'all' = []): tf.Tensor[] => {
      const found: tf.Tensor[] = [];
      if (names === 'all') for (let i = 0, x = input('0'); x !== undefined; x = input(String(++i))) found.push(x);
      else for (const x of names.map(input)) if (x != null) found.push(x);
      return found;
    };
    const again = recompute !== undefined && isNested() ? [...named(recompute), mark()] : [];
    return [...named(values), ...named(shapes).map(token), ...again] as U[];
  }
}

/** Says, at the end of what is saved, that inputs are saved in place of the output. */
function mark(): tf.Tensor {
  return tf.engine().makeTensor(new Int32Array(0), [0], 'int32');
}

function isMark(saved: tf.Tensor | undefined): boolean {
  return saved?.dtype === 'int32' && saved.size === 0;
}

/** A token cannot be complex itself, so it is of booleans where the input is complex. */
function token({ shape, dtype }: tf.Tensor): tf.Tensor {
  return tf.engine().makeTensor(new Uint8Array(0), [0, ...shape], dtype === 'complex64' ? 'bool' : 'float32');
}

/** The shape behind a tensor saved under `shapes`. */
export function shapeOf(saved: tf.Tensor): number[] {
  return saved.shape.slice(1);
}

/** Whether a tensor saved under `shapes` is that of a complex input. */
export function wasComplex(saved: tf.Tensor): boolean {
  return saved.dtype === 'bool';
}

/** Runs a kernel that has no public operation of the same meaning. */
export function runKernel(kernelName: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
}
