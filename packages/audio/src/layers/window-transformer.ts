import {
  activationByName,
  functional as F,
  KeyValueCache,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  ProjectedAttention,
  scope,
  type Generator,
  type Parameter,
  type StateBuffer,
  type UnaryModule,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { LayerScale } from './layer-scale.js';
import type { LayerStream, Streamable } from './streaming.js';

export interface WindowTransformerOptions {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values. Default heads. */
  readonly keyValueHeads?: number;
  /** Default width / heads. */
  readonly headDim?: number;
  /** Width of the hidden layer. */
  readonly intermediate: number;
  /** A step sees this many steps, itself the last. */
  readonly window: number;
  /** Default `gelu`. */
  readonly activation?: string;
  /** Base of the rotary positions' angles. Default 10000. */
  readonly ropeTheta?: number;
  /** Of layer norm. Default 1e-5. */
  readonly eps?: number;
  /** First value of the scales of what a layer adds. Default 0.01. */
  readonly layerScale?: number;
  /** Bias of the attention's projections. Default false. */
  readonly attentionBias?: boolean;
  /** Of attention weights. Default 0. */
  readonly dropout?: number;
  readonly generator?: Generator | undefined;
}

/** {@link ProjectedAttention} whose last projection has LLaMA's name, `o_proj`. */
class RotaryAttention extends ProjectedAttention {
  override *namedState(prefix = ''): Iterable<[string, Parameter | StateBuffer]> {
    for (const [name, leaf] of super.namedState(prefix)) yield [name.replace(/(^|\.)out_proj\./, '$1o_proj.'), leaf];
  }
}

/** Two linear layers with an activation between; names `fc1`, `fc2`. */
class FeedForward extends Module implements UnaryModule {
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly #activation: UnaryModule;

  constructor({ width, intermediate, activation = 'gelu', generator }: WindowTransformerOptions) {
    super();
    this.#activation = activationByName(activation);
    this.fc1 = new Linear(width, intermediate, { bias: false, ...(generator && { generator }) });
    this.fc2 = new Linear(intermediate, width, { bias: false, ...(generator && { generator }) });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.fc2.forward(this.#activation.forward(this.fc1.forward(x))));
  }
}

/** What the layers of one call share. */
interface Surroundings {
  /** bool [1, 1, steps, keys]; null where a query sees all keys up to its own. */
  readonly mask: tf.Tensor | null;
  readonly rotate: (x: tf.Tensor) => tf.Tensor;
}

class WindowTransformerLayer extends Module {
  readonly self_attn: RotaryAttention;
  readonly mlp: FeedForward;
  readonly input_layernorm: LayerNorm;
  readonly post_attention_layernorm: LayerNorm;
  readonly self_attn_layer_scale: LayerScale;
  readonly mlp_layer_scale: LayerScale;

  constructor(options: WindowTransformerOptions) {
    super();
    const { width, heads, keyValueHeads = heads, headDim = width / heads, eps = 1e-5, layerScale = 0.01 } = options;
    const { attentionBias = false, dropout = 0, generator } = options;
    this.self_attn = new RotaryAttention(width, heads, {
      bias: attentionBias,
      headDim,
      numKeyValueHeads: keyValueHeads,
      dropout,
      ...(generator && { generator }),
    });
    this.mlp = new FeedForward(options);
    this.input_layernorm = new LayerNorm(width, { eps });
    this.post_attention_layernorm = new LayerNorm(width, { eps });
    this.self_attn_layer_scale = new LayerScale(width, layerScale);
    this.mlp_layer_scale = new LayerScale(width, layerScale);
  }

  forward(x: tf.Tensor, { mask, rotate }: Surroundings, cache: KeyValueCache | null): tf.Tensor {
    return scope(() => {
      const { output } = this.self_attn.forward(this.input_layernorm.forward(x), {
        mask,
        rotate,
        cache,
        isCausal: mask === null,
      });
      const attended = tf.add(x, this.self_attn_layer_scale.forward(output));
      const fed = this.mlp.forward(this.post_attention_layernorm.forward(attended));
      return tf.add(attended, this.mlp_layer_scale.forward(fed));
    });
  }
}

/**
 * Causal transformer whose steps see only so many before them, with rotary positions and scaled residuals: x [N, steps, width], the same
 * shape back. Names as in Mimi: `layers.N.self_attn.q_proj`, …
 */
export class WindowTransformer extends Module implements Streamable {
  readonly layers: ModuleList<WindowTransformerLayer>;
  readonly window: number;
  readonly ropeTheta: number;

  constructor(options: WindowTransformerOptions) {
    super();
    this.window = options.window;
    this.ropeTheta = options.ropeTheta ?? 10_000;
    this.layers = new ModuleList(Array.from({ length: options.layers }, () => new WindowTransformerLayer(options)));
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.at(x, 0, []);
  }

  /**
   * @param position of the first step
   * @param caches one a layer, with the keys of the steps before, or none
   */
  at(x: tf.Tensor, position: number, caches: readonly KeyValueCache[]): tf.Tensor {
    return scope(() => {
      const steps = x.shape[1]!;
      const surroundings = { mask: this.#mask(steps, caches[0]?.length ?? 0), rotate: this.#rotation(position, steps) };
      let y = x;
      for (let i = 0; i < this.layers.length; i++) y = this.layers.at(i).forward(y, surroundings, caches[i] ?? null);
      return y;
    });
  }

  #rotation(position: number, steps: number): (x: tf.Tensor) => tf.Tensor {
    const positions = Float64Array.from({ length: steps }, (_, i) => position + i);
    const { cos, sin } = F.rotaryTables(positions, this.layers.at(0).self_attn.headDim, this.ropeTheta);
    // x is [N, steps, heads, features]
    const tables = [tf.expandDims(cos, 1), tf.expandDims(sin, 1)] as const;
    return (x) => F.applyRotary(x, ...tables);
  }

  #mask(steps: number, past: number): tf.Tensor | null {
    const keys = past + steps;
    if (keys <= this.window) return null;
    const seen = new Uint8Array(steps * keys);
    for (let i = 0; i < steps; i++) {
      const at = past + i;
      seen.fill(1, i * keys + Math.max(0, at - this.window + 1), i * keys + at + 1);
    }
    return tf.tensor(seen, [1, 1, steps, keys], 'bool');
  }

  stream(): LayerStream {
    return new TransformerStream(this);
  }
}

class TransformerStream implements LayerStream {
  readonly #model: WindowTransformer;
  readonly #caches: readonly KeyValueCache[];
  #position = 0;

  constructor(model: WindowTransformer) {
    this.#model = model;
    this.#caches = Array.from(model.layers, () => new KeyValueCache());
  }

  push(x: tf.Tensor | null): tf.Tensor | null {
    if (x === null) return null;
    const y = this.#model.at(x, this.#position, this.#caches);
    this.#position += x.shape[1]!;
    for (const cache of this.#caches) cache.keepLast(this.#model.window - 1);
    return y;
  }

  dispose(): void {
    for (const cache of this.#caches) cache.dispose();
  }
}
