import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Dropout,
  Embedding,
  LayerNorm,
  Module,
  ModuleList,
  scope,
  Seq2SeqDecoderLayer,
  type DecoderCache,
  type Generator,
} from '@hourglass/core';
import { LayerDrop } from '../../../layers/speech/index.js';
import type { WhisperSettings } from './config.js';
import { layerOptions } from './encoder.js';

/** Tokens and an encoder's states to states of the next tokens. */
export class WhisperDecoder extends Module {
  readonly embed_tokens: Embedding;
  /** Learned. */
  readonly embed_positions: Embedding;
  readonly layers: ModuleList<Seq2SeqDecoderLayer>;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly #settings: WhisperSettings;
  readonly #drop: LayerDrop;

  constructor(settings: WhisperSettings, generator?: Generator) {
    super();
    const { vocab_size, d_model, decoder_layers, decoder_attention_heads, pad_token_id } = settings;
    this.embed_tokens = new Embedding(vocab_size, d_model, { paddingIdx: pad_token_id, generator });
    this.embed_positions = new Embedding(settings.max_target_positions, d_model, { generator });
    const options = layerOptions(settings, settings.decoder_ffn_dim, generator);
    this.layers = new ModuleList(
      Array.from({ length: decoder_layers }, () => new Seq2SeqDecoderLayer(d_model, decoder_attention_heads, options)),
    );
    this.layer_norm = new LayerNorm(d_model);
    this.dropout = new Dropout(settings.dropout, { generator });
    this.#settings = settings;
    this.#drop = new LayerDrop(settings.decoder_layerdrop, generator);
  }

  /**
   * @param tokens int32 [N, L], behind those in the cache
   * @param encoderStates float32 [N, S, d_model]
   * @returns what each layer was given, and last the result, [N, L, d_model] each
   * @throws InvalidArgumentError for sequences longer than `max_target_positions`
   */
  forward(tokens: tf.Tensor, encoderStates: tf.Tensor, cache: DecoderCache | null = null): tf.Tensor[] {
    const { max_target_positions, d_model } = this.#settings;
    const past = cache?.length ?? 0;
    check(
      tokens.rank === 2 && past + tokens.shape[1]! <= max_target_positions,
      () =>
        `Whisper's decoder takes tokens [batch, length] up to ${max_target_positions} with those before, got [${tokens.shape.join(', ')}] behind ${past}`,
    );
    return scope(() => {
      const positions = tf.slice(this.embed_positions.weight.value, [past, 0], [tokens.shape[1]!, d_model]);
      const states = [this.dropout.forward(tf.add(this.embed_tokens.forward(tokens), positions))];
      for (const [i, layer] of [...this.layers].entries()) {
        const last = states.at(-1)!;
        const call = { encoderStates, cache: cache?.layers[i] ?? null };
        states.push(this.#drop.drops(this.training) ? tf.clone(last) : layer.forward(last, call).states);
      }
      states.push(this.layer_norm.forward(states.pop()!));
      return states;
    });
  }
}
