import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  Dropout,
  LayerNorm,
  Linear,
  Module,
  scope,
  Sequential,
  type Generator,
} from '@hourglass/core';
import { EmformerAttention, type EmformerAttentionInput, type EmformerAttentionOptions } from './attention.js';
import { segmentMeans, type Segmentation } from './masks.js';

/** What a layer carries from one segment of a stream to the next. */
export interface EmformerLayerState {
  /** float32 [N, maxMemorySize, D] */
  readonly memory: tf.Tensor;
  /** float32 [N, leftContextLength, D]: keys and values of the frames before. */
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
  /** Frames before: the tensors' beginnings are empty until there are enough. */
  readonly pastLength: number;
}

export interface EmformerLayerOptions extends EmformerAttentionOptions {
  readonly numHeads: number;
  readonly ffnDim: number;
  readonly activation: string;
  readonly generator?: Generator | undefined;
}

/** What goes from layer to layer. */
export interface EmformerFlow {
  /** float32 [N, T, D] */
  readonly utterance: tf.Tensor;
  /** float32 [N, R, D] */
  readonly rightContext: tf.Tensor;
  /** float32 [N, M, D]; null without memory. */
  readonly memory: tf.Tensor | null;
}

export class EmformerLayer extends Module {
  readonly attention: EmformerAttention;
  readonly dropout: Dropout;
  readonly pos_ff: Sequential;
  readonly layer_norm_input: LayerNorm;
  readonly layer_norm_output: LayerNorm;

  constructor(
    readonly inputDim: number,
    readonly segmentation: Segmentation,
    options: EmformerLayerOptions,
  ) {
    super();
    const { numHeads, ffnDim, activation, dropout, generator } = options;
    this.attention = new EmformerAttention(inputDim, numHeads, options);
    this.dropout = new Dropout(dropout, { generator });
    this.pos_ff = new Sequential(
      new LayerNorm(inputDim),
      new Linear(inputDim, ffnDim, { generator }),
      activationByName(activation),
      new Dropout(dropout, { generator }),
      new Linear(ffnDim, inputDim, { generator }),
      new Dropout(dropout, { generator }),
    );
    this.layer_norm_input = new LayerNorm(inputDim);
    this.layer_norm_output = new LayerNorm(inputDim);
  }

  /** A whole utterance; the flow's memory becomes that of the next layer. */
  forward(flow: EmformerFlow, masks: Pick<EmformerAttentionInput, 'attentionMask' | 'paddingMask'>): EmformerFlow {
    return scope(() => {
      const { rightContext, utterance } = this.#normalised(flow);
      const summary = this.#summary(utterance);
      const { output, memory } = this.attention.forward({
        rightContext,
        utterance,
        summary,
        memory: flow.memory,
        ...masks,
      });
      // the last segment's summary is nobody's past
      const past = memory === null ? null : tf.slice(memory, [0, 0, 0], [-1, memory.shape[1]! - 1, -1]);
      return { ...this.#after(output, flow), memory: past };
    });
  }

  /** One segment of a stream. @param paddingOf gives the padding mask for a number of keys */
  infer(
    flow: EmformerFlow,
    paddingOf: (keys: number) => tf.Tensor | null,
    state: EmformerLayerState | null,
  ): { flow: EmformerFlow; state: EmformerLayerState } {
    return scope(() => {
      const n = flow.utterance.shape[0]!;
      const { maxMemorySize, leftContextLength, segmentLength } = this.segmentation;
      const former = state ?? this.#initialState(n);
      const last = (x: tf.Tensor, count: number): tf.Tensor =>
        tf.slice(x, [0, x.shape[1]! - count, 0], [n, count, this.inputDim]);
      const pastMemory = Math.min(maxMemorySize, Math.ceil(former.pastLength / segmentLength));
      const pastLeft = Math.min(leftContextLength, former.pastLength);
      const { rightContext, utterance } = this.#normalised(flow);
      const summary = this.#summary(utterance);
      const memory = pastMemory === 0 ? null : last(former.memory, pastMemory);
      const left = pastLeft === 0 ? null : { key: last(former.key, pastLeft), value: last(former.value, pastLeft) };
      const keys = pastMemory + rightContext.shape[1]! + pastLeft + utterance.shape[1]!;
      const attended = this.attention.forward({
        rightContext,
        utterance,
        summary,
        memory,
        left,
        attentionMask: summary === null ? null : summarySeesNoMemory(pastMemory, flow, keys),
        paddingMask: paddingOf(keys),
      });
      const next = (old: tf.Tensor, more: tf.Tensor | null, count: number): tf.Tensor =>
        count === 0 || more === null ? tf.clone(old) : last(tf.concat([old, more], 1), count);
      return {
        flow: { ...this.#after(attended.output, flow), memory: attended.memory },
        state: {
          memory: next(former.memory, flow.memory, maxMemorySize),
          key: next(former.key, attended.key, leftContextLength),
          value: next(former.value, attended.value, leftContextLength),
          pastLength: former.pastLength + utterance.shape[1]!,
        },
      };
    });
  }

  #initialState(n: number): EmformerLayerState {
    const empty = (length: number): tf.Tensor => tf.zeros([n, length, this.inputDim]);
    const { maxMemorySize, leftContextLength } = this.segmentation;
    return {
      memory: empty(maxMemorySize),
      key: empty(leftContextLength),
      value: empty(leftContextLength),
      pastLength: 0,
    };
  }

  #normalised({ rightContext, utterance }: EmformerFlow): Pick<EmformerFlow, 'rightContext' | 'utterance'> {
    const sizes = [rightContext.shape[1]!, utterance.shape[1]!];
    const both = this.layer_norm_input.forward(joined(rightContext, utterance));
    if (sizes[0] === 0) return { rightContext, utterance: both };
    const [right, own] = tf.split(both, sizes, 1);
    return { rightContext: right!, utterance: own! };
  }

  #summary(utterance: tf.Tensor): tf.Tensor | null {
    return this.segmentation.maxMemorySize > 0 ? meanOfSegments(utterance, this.segmentation) : null;
  }

  /** Residual and feed-forward of what the attention gave. */
  #after(attended: tf.Tensor, { rightContext, utterance }: EmformerFlow): Omit<EmformerFlow, 'memory'> {
    const x = tf.add(this.dropout.forward(attended), joined(rightContext, utterance));
    const y = this.layer_norm_output.forward(tf.add(this.pos_ff.forward(x), x));
    const sizes = [rightContext.shape[1]!, utterance.shape[1]!];
    if (sizes[0] === 0) return { rightContext, utterance: y };
    const [right, own] = tf.split(y, sizes, 1);
    return { rightContext: right!, utterance: own! };
  }
}

function joined(rightContext: tf.Tensor, utterance: tf.Tensor): tf.Tensor {
  return rightContext.shape[1] === 0 ? utterance : tf.concat([rightContext, utterance], 1);
}

/** float32 [N, segments, D] of [N, T, D]. */
export function meanOfSegments(x: tf.Tensor, segmentation: Segmentation): tf.Tensor {
  return scope(() => {
    const means = segmentMeans(segmentation, x.shape[1]!);
    return tf.matMul(tf.tile(tf.expandDims(means, 0), [x.shape[0]!, 1, 1]), x);
  });
}

/** bool [queries, keys]: the last query, the summary, does not see the memory. */
function summarySeesNoMemory(memory: number, flow: EmformerFlow, keys: number): tf.Tensor | null {
  if (memory === 0) return null;
  const queries = flow.rightContext.shape[1]! + flow.utterance.shape[1]! + 1;
  const hidden = new Uint8Array(queries * keys).fill(1, (queries - 1) * keys, (queries - 1) * keys + memory);
  return tf.tensor2d(hidden, [queries, keys], 'bool');
}
