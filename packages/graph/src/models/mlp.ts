import type * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  Dropout,
  forwardAll,
  Linear,
  Module,
  ModuleList,
  scope,
  type functional,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import {
  normalizationOf,
  NoNormalization,
  type Normalization,
  type NormalizationOptions,
} from '../layers/normalization/index.js';

export interface MLPOptions {
  /** Probability of dropping a hidden value. Default 0. */
  readonly dropout?: number;
  /** A name that core's `activationByName` knows; null for none. Default `relu`. */
  readonly act?: string | null;
  /** The activation before the norm. Default false. */
  readonly actFirst?: boolean;
  /** A name that {@link normalizationOf} knows; null for none. Default `batch_norm`. */
  readonly norm?: string | null;
  /** Options of the norm's class, as `{ mode: 'node' }` of `layer_norm`. Default: none. */
  readonly normOptions?: NormalizationOptions;
  /** No norm, activation and dropout behind the last map. Default true. */
  readonly plainLast?: boolean;
  /** Default true. */
  readonly bias?: boolean;
  readonly generator?: Generator | undefined;
}

/** Linear maps with a norm, an activation and dropout behind each: PyTorch Geometric's `MLP`. */
export class MLP extends Module {
  readonly lins: ModuleList<Linear>;
  readonly norms: ModuleList<Normalization>;
  readonly act: UnaryModule | null;
  readonly dropout: Dropout;
  readonly #actFirst: boolean;

  /** @param channels widths of the input, of what lies between the maps, and of the output */
  constructor(
    readonly channels: readonly number[],
    options: MLPOptions = {},
  ) {
    super();
    check(channels.length > 1, () => `MLP: an input and an output width at least, got [${channels.join(', ')}]`);
    const { dropout = 0, act = 'relu', actFirst = false, norm = 'batch_norm', plainLast = true } = options;
    const { bias = true, normOptions, generator } = options;
    const random = { generator };
    const outputs = channels.slice(1);
    this.lins = new ModuleList(outputs.map((width, i) => new Linear(channels[i]!, width, { bias, ...random })));
    this.norms = new ModuleList(
      (plainLast ? outputs.slice(0, -1) : outputs).map((width) => normalizationOf(norm, width, normOptions)),
    );
    this.act = act === null ? null : activationByName(act);
    this.dropout = new Dropout(dropout, random);
    this.#actFirst = actFirst;
  }

  get inChannels(): number {
    return this.channels[0]!;
  }

  get outChannels(): number {
    return this.channels.at(-1)!;
  }

  /**
   * @param x float32 [rows, inChannels]
   * @param batch for norms that work graph by graph
   * @returns float32 [rows, outChannels]
   */
  forward(x: tf.Tensor, batch: functional.Segments | null = null): tf.Tensor {
    return scope(() => {
      let y = x;
      for (let i = 0; i < this.lins.length; i++) {
        const [lin, norm] = [this.lins.at(i), i < this.norms.length ? this.norms.at(i) : null];
        if (norm === null) y = lin.forward(y);
        // without a norm the map does the activation in its own pass
        else if (norm instanceof NoNormalization && this.act !== null) y = forwardAll([lin, this.act], y);
        else y = normalizeAndActivate(lin.forward(y), norm, this.act, this.#actFirst, batch);
        if (norm !== null) y = this.dropout.forward(y);
      }
      return y;
    });
  }
}

/** A norm and an activation, in either order. For use inside a scope. */
export function normalizeAndActivate(
  x: tf.Tensor,
  norm: Normalization,
  act: UnaryModule | null,
  actFirst: boolean,
  batch: functional.Segments | null,
): tf.Tensor {
  if (act === null) return norm.forward(x, batch);
  return actFirst ? norm.forward(act.forward(x), batch) : act.forward(norm.forward(x, batch));
}
