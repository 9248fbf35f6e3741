/**
 * Speech2Text: "fairseq S2T: Fast Speech-to-Text Modeling", Wang et al. 2020, arXiv:2010.05171. Checkpoints of facebook/s2t-* (MIT) in
 * transformers' layout. Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv1d,
  Dropout,
  Embedding,
  functional,
  initialiseNormal,
  LayerNorm,
  Linear,
  loadPretrained,
  Module,
  ModuleList,
  scope,
  Seq2SeqDecoderLayer,
  Seq2SeqEncoderLayer,
  type Config,
  type DecoderCache,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type Seq2SeqLayerOptions,
} from '@hourglass/core';
import { frameMask, LayerDrop, SinusoidalPlaces } from '../../../layers/speech/index.js';
import {
  EncoderDecoder,
  tokenScores,
  TranscribingModel,
  transcribingFamily,
  type EncodedSounds,
} from '../transcribing-model.js';
import { speech2TextSettings, type Speech2TextConfig, type Speech2TextSettings } from './config.js';

const layerOptions = (s: Speech2TextSettings, ffnDim: number, generator?: Generator): Seq2SeqLayerOptions => ({
  ffnDim,
  dropout: s.dropout,
  attentionDropout: s.attention_dropout,
  activationDropout: s.activation_dropout,
  activation: s.activation_function,
  normFirst: true,
  generator,
});

/** Convolutions that each halve the frames, through gated linear units. */
class Subsampler extends Module {
  readonly conv_layers: ModuleList<Conv1d>;

  constructor(s: Speech2TextSettings, generator?: Generator) {
    super();
    const { num_conv_layers, conv_kernel_sizes, conv_channels, d_model } = s;
    this.conv_layers = new ModuleList(
      conv_kernel_sizes.map((kernelSize, i) => {
        const inputs = i === 0 ? s.input_feat_per_channel * s.input_channels : conv_channels / 2;
        const outputs = i < num_conv_layers - 1 ? conv_channels : 2 * d_model;
        return new Conv1d(inputs, outputs, { kernelSize, stride: 2, padding: Math.floor(kernelSize / 2), generator });
      }),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    let y = x;
    for (const conv of this.conv_layers) y = functional.glu(conv.forward(y));
    return y;
  }
}

class Speech2TextEncoder extends Module {
  readonly conv: Subsampler;
  readonly embed_positions: SinusoidalPlaces;
  readonly layers: ModuleList<Seq2SeqEncoderLayer>;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly #settings: Speech2TextSettings;
  readonly #drop: LayerDrop;

  constructor(s: Speech2TextSettings, generator?: Generator) {
    super();
    this.conv = new Subsampler(s, generator);
    this.embed_positions = new SinusoidalPlaces(s.max_source_positions, s.d_model, s.pad_token_id);
    this.layers = new ModuleList(
      Array.from(
        { length: s.encoder_layers },
        () =>
          new Seq2SeqEncoderLayer(s.d_model, s.encoder_attention_heads, layerOptions(s, s.encoder_ffn_dim, generator)),
      ),
    );
    this.layer_norm = new LayerNorm(s.d_model);
    this.dropout = new Dropout(s.dropout, { generator });
    this.#settings = s;
    this.#drop = new LayerDrop(s.encoder_layerdrop, generator);
  }

  /** States of so many frames. */
  states(frames: number): number {
    return this.#settings.conv_kernel_sizes.reduce((length) => Math.floor((length - 1) / 2) + 1, frames);
  }

  forward(
    features: tf.Tensor,
    lengths: readonly number[] | null,
  ): { readonly hiddenStates: tf.Tensor[]; readonly mask: tf.Tensor | null } {
    const { input_feat_per_channel, input_channels, d_model, scale_embedding } = this.#settings;
    const width = input_feat_per_channel * input_channels;
    check(
      features.rank === 3 && features.shape[2] === width,
      () => `Speech2Text takes features [batch, frames, ${width}], got [${features.shape.join(', ')}]`,
    );
    check(
      lengths === null || lengths.length === features.shape[0],
      () => `${features.shape[0]} sounds need ${features.shape[0]} lengths, got ${lengths!.length}`,
    );
    return scope(() => {
      const found = this.conv.forward(features);
      const [n, count] = found.shape as [number, number];
      const mask =
        lengths === null
          ? null
          : frameMask(
              lengths.map((length) => this.states(length)),
              count,
            );
      const scaled = scale_embedding ? tf.mul(found, Math.sqrt(d_model)) : found;
      // as in SpeechT5, padding has the id 1 here and the rest 0, whatever id stands for padding
      const ids = mask === null ? tf.zeros([n, count], 'int32') : tf.cast(tf.sub(1, mask), 'int32');
      const hiddenStates = [this.dropout.forward(tf.add(scaled, this.embed_positions.forward(ids)))];
      for (const layer of this.layers) {
        const last = hiddenStates.at(-1)!;
        hiddenStates.push(this.#drop.drops(this.training) ? tf.clone(last) : layer.forward(last, { keyMask: mask }));
      }
      hiddenStates.push(this.layer_norm.forward(hiddenStates.pop()!));
      return { hiddenStates, mask };
    });
  }
}

class Speech2TextDecoder extends Module {
  readonly embed_tokens: Embedding;
  readonly embed_positions: SinusoidalPlaces;
  readonly layers: ModuleList<Seq2SeqDecoderLayer>;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly #settings: Speech2TextSettings;
  readonly #drop: LayerDrop;

  constructor(s: Speech2TextSettings, generator?: Generator) {
    super();
    this.embed_tokens = new Embedding(s.vocab_size, s.d_model, { paddingIdx: s.pad_token_id, generator });
    this.embed_positions = new SinusoidalPlaces(s.max_target_positions, s.d_model, s.pad_token_id);
    this.layers = new ModuleList(
      Array.from(
        { length: s.decoder_layers },
        () =>
          new Seq2SeqDecoderLayer(s.d_model, s.decoder_attention_heads, layerOptions(s, s.decoder_ffn_dim, generator)),
      ),
    );
    this.layer_norm = new LayerNorm(s.d_model);
    this.dropout = new Dropout(s.dropout, { generator });
    this.#settings = s;
    this.#drop = new LayerDrop(s.decoder_layerdrop, generator);
  }

  forward(
    tokens: tf.Tensor,
    encoderStates: tf.Tensor,
    encoderMask: tf.Tensor | null,
    cache: DecoderCache | null = null,
  ): tf.Tensor[] {
    const { scale_embedding, d_model } = this.#settings;
    check(tokens.rank === 2, () => `tokens must be [batch, length], got shape [${tokens.shape.join(', ')}]`);
    return scope(() => {
      const embedded = tf.mul(this.embed_tokens.forward(tokens), scale_embedding ? Math.sqrt(d_model) : 1);
      const placed = tf.add(embedded, this.embed_positions.forward(tokens, cache?.length ?? 0));
      const hiddenStates = [this.dropout.forward(placed)];
      for (const [i, layer] of [...this.layers].entries()) {
        const last = hiddenStates.at(-1)!;
        const call = { encoderStates, encoderMask, cache: cache?.layers[i] ?? null };
        hiddenStates.push(this.#drop.drops(this.training) ? tf.clone(last) : layer.forward(last, call).states);
      }
      hiddenStates.push(this.layer_norm.forward(hiddenStates.pop()!));
      return hiddenStates;
    });
  }
}

/** Speech to text, or to its translation. */
export class Speech2TextForConditionalGeneration extends TranscribingModel<Speech2TextConfig> {
  protected override readonly modelType = 'speech_to_text';
  readonly model: EncoderDecoder<Speech2TextEncoder, Speech2TextDecoder>;
  /** Null where the output's weight is that of the decoder's embedding. */
  readonly lm_head: Linear | null;

  /** @param generationJson what generation_config.json holds @throws InvalidArgumentError for a configuration that does not fit */
  constructor(
    override readonly config: Speech2TextConfig,
    generator?: Generator,
    generationJson?: Config | null,
  ) {
    const settings = speech2TextSettings(config);
    super(settings, settings.decoder_layers, generationJson);
    this.model = new EncoderDecoder(
      new Speech2TextEncoder(settings, generator),
      new Speech2TextDecoder(settings, generator),
    );
    const { d_model, vocab_size, tie_word_embeddings, init_std } = settings;
    this.lm_head = tie_word_embeddings ? null : new Linear(d_model, vocab_size, { bias: false, generator });
    initialiseNormal(this, init_std, generator);
  }

  /** @param x float32 [N, frames, bands] @param lengths in frames */
  protected override encode(x: tf.Tensor, lengths: readonly number[] | null): EncodedSounds {
    return this.model.encoder.forward(x, lengths);
  }

  protected override decode(
    tokens: tf.Tensor,
    states: tf.Tensor,
    mask: tf.Tensor | null,
    cache: DecoderCache | null,
  ): readonly tf.Tensor[] {
    return this.model.decoder.forward(tokens, states, mask, cache);
  }

  protected override logits(states: tf.Tensor): tf.Tensor {
    return tokenScores(states, this.lm_head, this.model.decoder.embed_tokens);
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Speech2TextForConditionalGeneration> {
    return loadPretrained(source, speech2TextFamilies, options);
  }
}

/** Kinds of checkpoint that {@link Speech2TextForConditionalGeneration.fromPretrained} reads. */
export const speech2TextFamilies: ReadonlyArray<ModelFamily<Speech2TextForConditionalGeneration>> = [
  transcribingFamily(
    'speech_to_text',
    'lm_head',
    (config, json) => new Speech2TextForConditionalGeneration(config, undefined, json),
    [/\.embed_positions\.weights$/],
  ),
];
