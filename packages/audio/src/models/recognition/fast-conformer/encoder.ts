import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, Dropout, Module, ModuleList, scope, type Generator, type losses } from '@hourglass/core';
import type { EncodedFrames, EncodedSegment } from '../emformer/index.js';
import { checkFeatures, lengthsOf } from '../lengths.js';
import { cacheLength, checkContext, chunkLength, contextMask, type AttentionContext } from './context.js';
import { FastConformerLayer, type FastConformerLayerState } from './layer.js';
import { ConvSubsampling, type SubsamplingState } from './subsampling.js';

/** What a {@link FastConformerEncoder} is built from; NeMo's names in camelCase. */
export interface FastConformerConfig {
  /** Mel bands. */
  readonly featIn: number;
  readonly dModel: number;
  readonly nHeads: number;
  readonly nLayers: number;
  /** Width of the feed-forward modules over dModel. Default 4. */
  readonly ffExpansionFactor?: number;
  /** Frames that become one: 2, 4 or 8. Default 8. */
  readonly subsamplingFactor?: number;
  /** Default 256. */
  readonly subsamplingConvChannels?: number;
  /** Default 9. */
  readonly convKernelSize?: number;
  /** Default 'layer_norm', which a stream needs for being trained as it is run. */
  readonly convNormType?: 'layer_norm' | 'batch_norm';
  /** How far attention sees; the first is the usual one, all are for training with several latencies. Default without limit. */
  readonly attContexts?: readonly AttentionContext[];
  /** Multiply by √dModel after subsampling. Default false. */
  readonly xscaling?: boolean;
  /** Default 0.1. */
  readonly dropout?: number;
  /** Of attention weights. Default as dropout. */
  readonly dropoutAtt?: number;
}

/** What a stream carries from one part to the next. Dispose it with `disposeTensors`. */
export interface FastConformerState {
  readonly subsampling: SubsamplingState;
  /** float32 [N, fewer than a chunk, dModel]: frames that wait for the rest of their chunk. */
  readonly waiting: tf.Tensor;
  /** Empty before the first chunk. */
  readonly layers: readonly FastConformerLayerState[];
}

export interface StreamOptions {
  /** How far attention sees; the same all over a stream. Default the first of the configuration. */
  readonly context?: AttentionContext;
  /** The stream ends here: frames do not wait for the rest of their chunk. Default false. */
  readonly last?: boolean;
}

/**
 * Encoder of frames of mel bands into an eighth as many. Streams are encoded chunk by chunk: every frame passes each layer once, and what later
 * chunks need of it (keys, values, the convolutions' last inputs) is kept.
 */
export class FastConformerEncoder extends Module {
  readonly pre_encode: ConvSubsampling;
  readonly layers: ModuleList<FastConformerLayer>;
  readonly dropout: Dropout;
  readonly contexts: readonly AttentionContext[];
  readonly #scale: number;

  /** @throws InvalidArgumentError for sizes and contexts that make no sense */
  constructor(
    readonly config: FastConformerConfig,
    generator?: Generator,
  ) {
    super();
    const { featIn, dModel, nHeads, nLayers, ffExpansionFactor = 4, convKernelSize = 9, dropout = 0.1 } = config;
    const { subsamplingFactor = 8, subsamplingConvChannels = 256, convNormType = 'layer_norm' } = config;
    this.contexts = config.attContexts ?? [{ left: -1, right: -1 }];
    check(this.contexts.length > 0, 'FastConformer: attContexts is empty; it needs at least one context');
    this.contexts.forEach(checkContext);
    checkCount('FastConformer: convKernelSize', convKernelSize);
    check(
      convNormType === 'layer_norm' || convNormType === 'batch_norm',
      `FastConformer: there is no convNormType '${convNormType as string}'; there are layer_norm and batch_norm`,
    );
    this.pre_encode = new ConvSubsampling(featIn, dModel, subsamplingFactor, subsamplingConvChannels, generator);
    this.dropout = new Dropout(dropout, { generator });
    this.#scale = config.xscaling === true ? Math.sqrt(dModel) : 1;
    this.layers = new ModuleList(
      Array.from(
        { length: nLayers },
        () =>
          new FastConformerLayer(dModel, {
            heads: nHeads,
            ffDim: ffExpansionFactor * dModel,
            kernelSize: convKernelSize,
            norm: convNormType,
            dropout,
            dropoutAtt: config.dropoutAtt ?? dropout,
            generator,
          }),
      ),
    );
  }

  /**
   * Whole utterances, each frame seeing what it would in a stream.
   *
   * @param x float32 [N, T, mel bands]
   * @param lengths valid frames of each; default T
   * @returns float32 [N, ⌈T / factor⌉, dModel] with the valid frames of each
   * @throws InvalidArgumentError for other shapes and lengths that do not fit
   */
  forward(x: tf.Tensor, lengths?: losses.Integers, context: AttentionContext = this.contexts[0]!): EncodedFrames {
    checkFeatures('FastConformer', x, this.config.featIn);
    checkContext(context);
    check(x.shape[1] > 0, () => `FastConformer: no frames: shape [${x.shape.join(', ')}]`);
    const valid = lengthsOf('FastConformer', lengths, x.shape[0], x.shape[1]).map((n) => this.pre_encode.lengthOf(n));
    return scope(() => {
      let y = this.#embedded(this.pre_encode.forward(x).output);
      const mask = contextMask(context, y.shape[1]!, valid);
      for (const layer of this.layers) y = layer.forward(y, mask).output;
      return { output: y, lengths: valid };
    });
  }

  /**
   * The next part of a stream, of any number of frames: together the parts give what {@link forward} gives of the whole.
   *
   * @param x float32 [N, T, mel bands]; T may be 0
   * @param state what the call before returned; null at the beginning. It stays the caller's.
   * @returns the frames whose chunks are full, float32 [N, frames, dModel]
   * @throws InvalidArgumentError for other shapes
   */
  infer(
    x: tf.Tensor,
    state: FastConformerState | null = null,
    { context = this.contexts[0]!, last = false }: StreamOptions = {},
  ): EncodedSegment<FastConformerState> {
    checkFeatures('FastConformer', x, this.config.featIn);
    checkContext(context);
    return scope(() => {
      const n = x.shape[0];
      const { dModel } = this.config;
      const subsampled = this.pre_encode.forward(x, state?.subsampling ?? null);
      const fresh = this.#embedded(subsampled.output);
      const frames = state === null ? fresh : tf.concat([state.waiting, fresh], 1);
      const [total, chunk, keep] = [frames.shape[1]!, chunkLength(context), cacheLength(context)];
      let layers = state?.layers ?? [];
      const outputs: tf.Tensor[] = [];
      let at = 0;
      for (let length = Math.min(chunk, total); length > 0; length = Math.min(chunk, total - at)) {
        if (length < chunk && !last) break;
        let y: tf.Tensor = tf.slice(frames, [0, at, 0], [n, length, dModel]);
        layers = [...this.layers].map((layer, i) => {
          const next = layer.forward(y, null, layers[i] ?? null, keep);
          y = next.output;
          return next.state;
        });
        outputs.push(y);
        at += length;
      }
      const output = outputs.length === 0 ? tf.zeros([n, 0, dModel]) : tf.concat(outputs, 1);
      const waiting = tf.slice(frames, [0, at, 0], [n, total - at, dModel]);
      return {
        output,
        lengths: Array.from({ length: n }, () => output.shape[1]!),
        state: {
          subsampling: subsampled.state,
          waiting,
          // a chunk that was not reached leaves the caller's own tensors
          layers: outputs.length === 0 ? layers.map(cloned) : layers,
        },
      };
    });
  }

  #embedded(x: tf.Tensor): tf.Tensor {
    return this.dropout.forward(this.#scale === 1 ? x : tf.mul(x, this.#scale));
  }
}

function cloned({ key, value, convolution }: FastConformerLayerState): FastConformerLayerState {
  return { key: tf.clone(key), value: tf.clone(value), convolution: tf.clone(convolution) };
}
