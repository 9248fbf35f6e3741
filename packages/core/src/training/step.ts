import * as tf from '@tensorflow/tfjs-core';
import { tensorsIn } from '../data/tensors-in.js';
import { InvalidArgumentError } from '../errors.js';
import { accumulated } from '../gradients/backward.js';
import type { Module } from '../module/module.js';
import type { Parameter, StateBuffer } from '../module/parameter.js';
import { clipGradValue } from '../optim/index.js';
import { defaultGenerator, type Generator, type GeneratorState } from '../random/generator.js';
import { gradientNorms, scaleGradients, totalNorm } from './clipping.js';
import { valueAndGradients } from './gradients.js';
import { Means } from './means.js';
import { firstBad, locateNonFinite, NonFiniteError } from './non-finite.js';
import type { FitOptions, LossFunction, LossResult, StepPosition } from './options.js';

/** What a step did. */
export interface StepResult {
  /** Means of loss and logs over the step's batches. */
  readonly values: Readonly<Record<string, number>>;
  readonly examples: number;
  readonly gradientNorm: number;
}

/**
 * One update of the parameters from one or several batches. Until {@link apply} has succeeded nothing has changed: when
 * anything throws, {@link discard} puts the buffers (running statistics) back.
 */
export class TrainingStep<M extends Module, B> {
  readonly #gradients = new Map<Parameter, tf.Tensor>();
  readonly #buffers = new Map<StateBuffer, tf.Tensor>();
  readonly #means = new Means();
  #batches = 0;
  #examples = 0;

  constructor(
    private readonly model: M,
    private readonly options: Pick<FitOptions<M, B>, 'loss' | 'optimizer' | 'clip' | 'generators' | 'alongside'>,
    private readonly at: StepPosition,
  ) {
    for (const module of [model, ...Object.values(options.alongside ?? {})]) {
      for (const [, buffer] of module.namedBuffers()) this.#buffers.set(buffer, tf.keep(tf.clone(buffer.value)));
    }
  }

  get batches(): number {
    return this.#batches;
  }

  /**
   * Runs the model forward and back on a batch and adds up the gradients.
   * @throws NonFiniteError when the loss is NaN or infinite; it says where that began.
   */
  async add(batch: B): Promise<void> {
    const { loss } = this.options;
    const generators = Object.values(this.options.generators ?? {}).concat(defaultGenerator());
    const before = generators.map((generator) => generator.state);
    let names: string[] = [];
    const { value, aux, gradients } = valueAndGradients(
      () => {
        const { loss: scalar, logs } = lossOf(loss, this.model, batch, this.at);
        names = ['loss', ...Object.keys(logs)];
        return { value: scalar, aux: [scalar, ...Object.values(logs)] };
      },
      this.options.optimizer.groups.flatMap(({ params }) => params),
    );
    try {
      const read = tf.tidy(() => tf.stack(aux));
      const values = await read.data();
      read.dispose();
      if (!Number.isFinite(values[0]!)) throw this.#badLoss(values[0]!, batch, generators, before);
      const examples = exampleCount(batch);
      this.#means.add(Object.fromEntries(names.map((name, i) => [name, values[i]!])), examples);
      this.#examples += examples;
      for (const [parameter, gradient] of gradients) {
        const sum = this.#gradients.get(parameter);
        const own = tf.clone(gradient);
        this.#gradients.set(parameter, sum === undefined ? own : accumulated(sum, own));
      }
      this.#batches++;
    } finally {
      tf.dispose([value, aux, ...gradients.values()]);
    }
  }

  /**
   * Updates the parameters with the mean gradient.
   * @throws NonFiniteError naming the first parameter whose gradient is NaN or infinite.
   */
  async apply(): Promise<StepResult> {
    const { clip = {}, optimizer } = this.options;
    if (this.#batches > 1) this.#replace(scaleGradients(this.#gradients, 1 / this.#batches));
    const norms = await gradientNorms(this.#gradients);
    const bad = norms.findIndex((norm) => !Number.isFinite(norm));
    if (bad >= 0) throw await this.#badGradient(norms);
    const gradientNorm = totalNorm(norms);
    if (clip.value !== undefined) this.#replace(clipGradValue(this.#gradients, clip.value));
    if (clip.norm !== undefined) {
      const norm = clip.value === undefined ? gradientNorm : totalNorm(await gradientNorms(this.#gradients));
      // the small number is torch's too (clip_grad_norm_)
      const factor = clip.norm / (norm + 1e-6);
      if (factor < 1) this.#replace(scaleGradients(this.#gradients, factor));
    }
    optimizer.step(this.#gradients);
    this.#free();
    return { values: this.#means.values(), examples: this.#examples, gradientNorm };
  }

  /** Puts the buffers back and frees what the step holds; nothing when it was applied. */
  discard(): void {
    this.#restoreBuffers();
    this.#free();
  }

  #restoreBuffers(): void {
    for (const [buffer, former] of this.#buffers) buffer.assign(former);
  }

  #replace(gradients: ReadonlyMap<Parameter, tf.Tensor>): void {
    for (const [parameter, gradient] of gradients) {
      this.#gradients.get(parameter)?.dispose();
      this.#gradients.set(parameter, gradient);
    }
  }

  #free(): void {
    tf.dispose([...this.#gradients.values(), ...this.#buffers.values()]);
    this.#gradients.clear();
    this.#buffers.clear();
  }

  #badLoss(
    value: number,
    batch: B,
    generators: readonly Generator[],
    before: readonly GeneratorState[],
  ): NonFiniteError {
    // Again from where the batch began, so that the same numbers are drawn.
    this.#restoreBuffers();
    generators.forEach((generator, i) => (generator.state = before[i]!));
    const origin = locateNonFinite(this.model, batch, () => lossOf(this.options.loss, this.model, batch, this.at));
    return this.#error('loss', `the loss is ${value}${origin === null ? '' : `; ${origin}`}`);
  }

  async #badGradient(norms: Float32Array): Promise<NonFiniteError> {
    const position = new Map([...this.#gradients.keys()].map((parameter, i) => [parameter, i]));
    const beside = Object.entries(this.options.alongside ?? {});
    const named = [this.model.namedParameters(), ...beside.map(([name, module]) => withPrefix(name, module))];
    for (const [name, parameter] of named.flatMap((list) => [...list])) {
      const at = position.get(parameter);
      if (at === undefined || Number.isFinite(norms[at]!)) continue;
      const bad = firstBad(await this.#gradients.get(parameter)!.data());
      // A norm may overflow though no value does; such a gradient is as useless.
      return this.#error(
        `gradient of ${name}`,
        `the gradient of '${name}' ${bad === null ? 'overflows' : `holds ${bad}`}`,
      );
    }
    return this.#error('gradient', 'the gradient of a parameter outside the model is not finite');
  }

  #error(tensor: string, what: string): NonFiniteError {
    const { step, epoch } = this.at;
    return new NonFiniteError(
      tensor,
      step,
      `step ${step} (epoch ${epoch}): ${what}. Model and optimiser are as before this step. ` +
        'A lower learning rate or clipped gradients may help, if the data are right.',
    );
  }
}

function withPrefix(name: string, module: Module): Array<[string, Parameter]> {
  return Array.from(module.namedParameters(), ([own, parameter]) => [`${name}.${own}`, parameter]);
}

/** A loss function's result in one form. */
export function lossOf<M extends Module, B>(
  loss: LossFunction<M, B>,
  model: M,
  batch: B,
  at: StepPosition | null = null,
): Required<Pick<LossResult, 'loss' | 'logs'>> & Pick<LossResult, 'output'> {
  const result = loss(model, batch, at);
  const full = result instanceof tf.Tensor ? { loss: result } : result;
  const { logs = {} } = full as LossResult;
  for (const [name, tensor] of [['loss', full.loss] as const, ...Object.entries(logs)]) {
    if (tensor.rank !== 0) {
      throw new InvalidArgumentError(
        `the loss function's '${name}' must be a scalar, it has shape [${tensor.shape.join(', ')}]; take its mean`,
      );
    }
  }
  return { ...full, logs };
}

/** Length of the first axis of the batch's first tensor. */
export function exampleCount(batch: unknown): number {
  for (const tensor of tensorsIn(batch)) if (tensor.rank > 0) return tensor.shape[0]!;
  return 1;
}
