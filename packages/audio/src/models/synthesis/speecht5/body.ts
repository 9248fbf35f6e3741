import * as tf from '@tensorflow/tfjs-core';
import {
  Dropout,
  initialiseNormal,
  LayerNorm,
  Module,
  ModuleList,
  scope,
  Seq2SeqDecoderBlock,
  type DecoderCache,
  type Generator,
  type Seq2SeqDecoderResult,
} from '@hourglass/core';
import { LayerDrop, SpeechEncoderLayer, SpeechFeedForward } from '../../../layers/speech/index.js';
import type { SpeechT5Settings } from './config.js';
import type { SpeechT5Nets } from './nets.js';
import { RelativePositions } from './positions.js';

const feedForwardOptions = (settings: SpeechT5Settings, generator?: Generator) => ({
  activation: settings.hidden_act,
  activationDropout: settings.activation_dropout,
  hiddenDropout: settings.hidden_dropout,
  generator,
});

/** The encoder that all kinds of input share: a Transformer whose scores know of relative places. */
export class SpeechT5Encoder extends Module {
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly layers: ModuleList<SpeechEncoderLayer>;
  readonly embed_positions: RelativePositions;
  readonly #drop: LayerDrop;

  constructor(settings: SpeechT5Settings, generator?: Generator) {
    super();
    const { hidden_size, encoder_attention_heads: heads, encoder_ffn_dim, layer_norm_eps: eps } = settings;
    this.layer_norm = new LayerNorm(hidden_size, { eps });
    this.dropout = new Dropout(settings.hidden_dropout, { generator });
    const options = {
      ...feedForwardOptions(settings, generator),
      attentionDropout: settings.attention_dropout,
      eps,
    };
    this.layers = new ModuleList(
      Array.from(
        { length: settings.encoder_layers },
        () => new SpeechEncoderLayer(hidden_size, heads, encoder_ffn_dim, options),
      ),
    );
    this.embed_positions = new RelativePositions(
      hidden_size / heads,
      settings.encoder_max_relative_position,
      generator,
    );
    this.#drop = new LayerDrop(settings.encoder_layerdrop, generator);
    initialiseNormal(this, settings.initializer_range, generator);
  }

  /**
   * @param x float32 [N, L, hidden]
   * @param keyMask [N, L]: what is not 0 counts; null for all
   * @returns what each layer was given, and last the result
   */
  forward(x: tf.Tensor, keyMask: tf.Tensor | null = null): tf.Tensor[] {
    return scope(() => {
      const states = [this.dropout.forward(this.layer_norm.forward(x))];
      for (const layer of this.layers) {
        const last = states.at(-1)!;
        const scoreBias = (queries: tf.Tensor): tf.Tensor => this.embed_positions.scoreBias(queries);
        states.push(this.#drop.drops(this.training) ? tf.clone(last) : layer.forward(last, { keyMask, scoreBias }));
      }
      return states;
    });
  }
}

class DecoderLayer extends Seq2SeqDecoderBlock {
  readonly feed_forward: SpeechFeedForward;

  constructor(settings: SpeechT5Settings, generator?: Generator) {
    super(settings.hidden_size, settings.decoder_attention_heads, {
      dropout: settings.hidden_dropout,
      attentionDropout: settings.attention_dropout,
      layerNormEps: settings.layer_norm_eps,
      generator,
    });
    this.feed_forward = new SpeechFeedForward(
      settings.hidden_size,
      settings.decoder_ffn_dim,
      feedForwardOptions(settings, generator),
    );
  }

  protected feedForward(x: tf.Tensor): tf.Tensor {
    return this.feed_forward.forward(x);
  }
}

export interface SpeechT5DecoderCall {
  /** [N, S, hidden] */
  readonly encoderStates: tf.Tensor;
  /** [N, S]: what is not 0 counts; null for all. */
  readonly encoderMask?: tf.Tensor | null;
  /** [N, L]: which places of its own count. */
  readonly keyMask?: tf.Tensor | null;
  readonly cache?: DecoderCache | null;
  /** Return the weights of cross-attention. Default false. */
  readonly needWeights?: boolean;
}

export interface SpeechT5DecoderStates {
  /** What each layer was given, and last the result, [N, L, hidden] each. */
  readonly hiddenStates: readonly tf.Tensor[];
  /** [N, heads, L, S] of each layer; empty when not asked for. */
  readonly crossAttentions: readonly tf.Tensor[];
}

/** The decoder that all kinds of output share. */
export class SpeechT5Decoder extends Module {
  readonly layers: ModuleList<DecoderLayer>;
  readonly #drop: LayerDrop;

  constructor(settings: SpeechT5Settings, generator?: Generator) {
    super();
    this.layers = new ModuleList(
      Array.from({ length: settings.decoder_layers }, () => new DecoderLayer(settings, generator)),
    );
    this.#drop = new LayerDrop(settings.decoder_layerdrop, generator);
    initialiseNormal(this, settings.initializer_range, generator);
  }

  /** x [N, L, hidden] */
  forward(x: tf.Tensor, call: SpeechT5DecoderCall): SpeechT5DecoderStates {
    const { cache = null, ...shared } = call;
    return scope(() => {
      const hiddenStates = [x];
      const crossAttentions: tf.Tensor[] = [];
      for (const [i, layer] of [...this.layers].entries()) {
        if (this.#drop.drops(this.training)) {
          hiddenStates.push(tf.clone(hiddenStates.at(-1)!));
          continue;
        }
        const result: Seq2SeqDecoderResult = layer.forward(hiddenStates.at(-1)!, {
          ...shared,
          cache: cache?.layers[i] ?? null,
        });
        hiddenStates.push(result.states);
        if (result.crossWeights !== null) crossAttentions.push(result.crossWeights);
      }
      return { hiddenStates, crossAttentions };
    });
  }
}

/** An encoder behind what makes its states of one kind of input. */
export class PrenetEncoder<P extends Module> extends Module {
  constructor(
    readonly prenet: P,
    readonly wrapped_encoder: SpeechT5Encoder,
  ) {
    super();
  }
}

/** A decoder behind what makes its states of one kind of output. */
export class PrenetDecoder<P extends Module> extends Module {
  constructor(
    readonly prenet: P,
    readonly wrapped_decoder: SpeechT5Decoder,
  ) {
    super();
  }
}

/** The body with a net before each half. */
export class SpeechT5Model<E extends Module, D extends Module> extends Module {
  constructor(
    readonly encoder: PrenetEncoder<E>,
    readonly decoder: PrenetDecoder<D>,
  ) {
    super();
  }
}

/** The halves that models of several tasks may share, and nets that they may share besides. */
export interface SpeechT5Body {
  readonly encoder: SpeechT5Encoder;
  readonly decoder: SpeechT5Decoder;
  /** A model makes those that it needs and that are not here. */
  readonly nets?: Partial<SpeechT5Nets>;
}

/** A new body. */
export function speechT5Body(settings: SpeechT5Settings, generator?: Generator): SpeechT5Body {
  return { encoder: new SpeechT5Encoder(settings, generator), decoder: new SpeechT5Decoder(settings, generator) };
}
