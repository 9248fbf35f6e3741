/*
 * "VQGraph: Rethinking Graph Representation Space for Bridging GNNs and MLPs" (Yang et al. 2023, arXiv:2308.02117): a graph
 * tokenizer whose codes stand for local structures, and a network without a graph that learns from its soft code assignments.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  defaultGenerator,
  functional,
  Linear,
  loadPretrained,
  losses,
  ownFamily,
  scope,
  VectorQuantizer,
  withGenerator,
  type Generator,
  type OpenOptions,
  type VectorQuantizerOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { fullReconstructionLoss } from '../losses/index.js';
import { ConvEncoder, type ConvEncoderConfig, type GraphEncoder } from './autoencoders/encoder.js';
import { MLP } from './mlp.js';

/** What {@link VQGraph.create} builds a model from; plain data, kept in config.json. */
export interface VQGraphConfig extends Omit<VQGraphOptions, 'generator' | 'quantizer'> {
  readonly encoder: ConvEncoderConfig;
  readonly codes: number;
  readonly classes: number;
  readonly quantizer?: Omit<VectorQuantizerOptions, 'generator'>;
}

export interface VQGraphOptions {
  /** Default: cosine distance, moving averages, codes without use revived below one vector a hundred batches. */
  readonly quantizer?: VectorQuantizerOptions;
  /** Weights of the parts of the loss. Default 1 each. */
  readonly featureWeight?: number;
  readonly structureWeight?: number;
  readonly labelWeight?: number;
  /** Draws the weights. Default: the default generator. */
  readonly generator?: Generator;
}

/** What the tokenizer says of every node. */
export interface GraphTokens {
  /** float32 [nodes, channels]: before quantisation. */
  readonly hidden: tf.Tensor;
  /** float32 [nodes, channels]: the codes' vectors. */
  readonly value: tf.Tensor;
  /** int32 [nodes] */
  readonly codes: tf.Tensor;
  /** float32 [nodes, classes] */
  readonly logits: tf.Tensor;
  /** Scalar of the quantiser. */
  readonly penalty: tf.Tensor;
  readonly metrics: Readonly<Record<string, tf.Tensor>>;
}

/** Nodes whose class is known. */
export interface KnownLabels {
  /** int32 [known]: their numbers */
  readonly nodes: tf.Tensor;
  /** int32 [known] */
  readonly labels: tf.Tensor;
}

/** Graph encoder, codebook, decoders of features and of edges, and a classifier: the teacher. */
export class VQGraph extends ConfiguredModel<VQGraphConfig> {
  protected override readonly modelType = modelType;
  override config: VQGraphConfig | null = null;
  readonly encoder: GraphEncoder;
  readonly vq: VectorQuantizer;
  /** To embeddings whose inner products are edges. */
  readonly decoder_1: Linear;
  /** To the nodes' features. */
  readonly decoder_2: Linear;
  readonly classifier: GraphEncoder;
  readonly weights: { readonly feature: number; readonly structure: number; readonly label: number };

  /** @param codes how many codes there are */
  constructor(encoder: GraphEncoder, codes: number, classes: number, options: VQGraphOptions = {}) {
    super();
    const { quantizer, generator, featureWeight = 1, structureWeight = 1, labelWeight = 1 } = options;
    const random = generator === undefined ? {} : { generator };
    const { inChannels: features, outChannels: channels } = encoder;
    this.encoder = encoder;
    // later draws, of codes that revive, are the default generator's, whose state training keeps
    this.vq = withGenerator(
      generator ?? defaultGenerator(),
      () => new VectorQuantizer(codes, channels, { cosine: true, decay: 0.9, revive: 0.01, ...quantizer }),
    );
    this.decoder_1 = new Linear(channels, channels, random);
    this.decoder_2 = new Linear(channels, features, random);
    this.classifier = new ConvEncoder(
      { type: 'gcn', inChannels: channels, hiddenChannels: [], outChannels: classes },
      random,
    );
    this.weights = { feature: featureWeight, structure: structureWeight, label: labelWeight };
  }

  /** A model around an encoder of convolutions. @param generator draws the weights. Default: the default generator. */
  static create(config: VQGraphConfig, generator?: Generator): VQGraph {
    const random = generator === undefined ? {} : { generator };
    const { encoder, codes, classes, quantizer, ...options } = config;
    const model = new VQGraph(new ConvEncoder(encoder, random), codes, classes, {
      ...options,
      ...random,
      ...(quantizer && { quantizer }),
    });
    model.config = { ...config };
    return model;
  }

  /** @param source a folder, a URL or a hub id @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<VQGraph> {
    return loadPretrained(source, families, options);
  }

  /** @param x float32 [nodes, features] */
  forward(x: tf.Tensor, edges: EdgeIndex): GraphTokens {
    return scope(() => {
      const hidden = this.encoder.forward(x, edges);
      const { value, codes, penalty, metrics } = this.vq.forward(hidden);
      return { hidden, value, codes: codes!, penalty, metrics, logits: this.classifier.forward(value, edges) };
    });
  }

  /** Features and edges given back from the codes alone, the classes of the nodes that have one, and the quantiser's penalty. */
  loss(x: tf.Tensor, edges: EdgeIndex, known: KnownLabels | null = null): { loss: tf.Tensor; logs: Logs } {
    return scope(() => {
      const { value, penalty, metrics, logits } = this.forward(x, edges);
      const { feature, structure, label } = this.weights;
      const features = losses.scaledCosine(this.decoder_2.forward(value), x, { gamma: 1 });
      const links = fullReconstructionLoss(this.decoder_1.forward(value), edges);
      const terms = [penalty, tf.mul(features, feature), tf.mul(links, structure)];
      if (known !== null) {
        const classes = losses.crossEntropy(tf.gather(logits, known.nodes as tf.Tensor1D), known.labels);
        terms.push(tf.mul(classes, label));
      }
      return { loss: tf.addN(terms), logs: { features, links, ...metrics } };
    });
  }

  /**
   * How much each code is a node's: softmax of nearness over temperature.
   *
   * @param hidden float32 [nodes, channels], of this encoder or of a student
   * @returns float32 [nodes, codes], logarithms
   */
  logAssignments(hidden: tf.Tensor, temperature = 1): tf.Tensor {
    return scope(() => functional.logSoftmax(tf.div(this.vq.scores(hidden), temperature)));
  }
}

const modelType = 'hourglass-vq-graph';
const families = [ownFamily(modelType, (config: VQGraphConfig) => VQGraph.create(config))];

type Logs = Readonly<Record<string, tf.Tensor>>;

/** Plain data, kept in config.json. */
export interface GraphFreeStudentConfig {
  readonly inChannels: number;
  readonly hiddenChannels: readonly number[];
  /** Width of the teacher's codes. */
  readonly channels: number;
  readonly classes: number;
  /** Default 0. */
  readonly dropout?: number;
}

/** A network that sees nodes without their graph. */
export class GraphFreeStudent extends ConfiguredModel<GraphFreeStudentConfig> {
  protected override readonly modelType = studentType;
  override readonly config: GraphFreeStudentConfig;
  /** To the width of the teacher's codes. */
  readonly encoder: MLP;
  readonly classifier: Linear;

  constructor(options: GraphFreeStudentConfig & { readonly generator?: Generator }) {
    super();
    const { generator, ...config } = options;
    const { inChannels, hiddenChannels, channels, classes, dropout = 0 } = config;
    this.config = config;
    this.encoder = new MLP([inChannels, ...hiddenChannels, channels], { dropout, generator, norm: null });
    this.classifier = new Linear(channels, classes, generator === undefined ? {} : { generator });
  }

  /** @param source a folder, a URL or a hub id @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GraphFreeStudent> {
    return loadPretrained(source, studentFamilies, options);
  }

  /** @param x float32 [nodes, features] */
  forward(x: tf.Tensor): { readonly hidden: tf.Tensor; readonly logits: tf.Tensor } {
    return scope(() => {
      const hidden = this.encoder.forward(x);
      return { hidden, logits: this.classifier.forward(tf.relu(hidden)) };
    });
  }
}

const studentType = 'hourglass-graph-free-student';
const studentFamilies = [ownFamily(studentType, (config: GraphFreeStudentConfig) => new GraphFreeStudent(config))];

/** What a student learns from; made once by {@link distillationTargets}. */
export interface DistillationTargets {
  /** float32 [nodes, classes]: logarithms of the teacher's probabilities. */
  readonly classes: tf.Tensor;
  /** float32 [nodes, codes]: logarithms of its soft code assignments. */
  readonly codes: tf.Tensor;
}

export interface DistillationOptions {
  /** Weight of the teacher's classes. Default 1; 0 learns from labels and codes. */
  readonly classWeight?: number;
  /** Weight of the soft code assignments. Default 1; 0 is distillation of logits alone. */
  readonly codeWeight?: number;
  /** Of the soft code assignments. Default 0.1: cosines lie close together. */
  readonly temperature?: number;
}

/** The teacher's answers for all nodes, in evaluation mode. The caller disposes them. */
export function distillationTargets(
  teacher: VQGraph,
  x: tf.Tensor,
  edges: EdgeIndex,
  { temperature = 0.1 }: DistillationOptions = {},
): DistillationTargets {
  const { training } = teacher;
  teacher.eval();
  try {
    return scope(() => {
      const { hidden, logits } = teacher.forward(x, edges);
      return { classes: functional.logSoftmax(logits), codes: teacher.logAssignments(hidden, temperature) };
    });
  } finally {
    teacher.train(training);
  }
}

/**
 * Cross entropy of the known labels, and divergences of the student's classes and soft code assignments from the teacher's, over the
 * teacher's codebook, which stays as it is.
 */
export function distillationLoss(
  student: GraphFreeStudent,
  teacher: VQGraph,
  x: tf.Tensor,
  targets: DistillationTargets,
  known: KnownLabels,
  options: DistillationOptions = {},
): tf.Tensor {
  const { classWeight = 1, codeWeight = 1, temperature = 0.1 } = options;
  check(classWeight >= 0 && codeWeight >= 0, 'distillationLoss: weights must not be negative');
  return scope(() => {
    const { hidden, logits } = student.forward(x);
    const terms = [losses.crossEntropy(tf.gather(logits, known.nodes as tf.Tensor1D), known.labels)];
    const divergence = (own: tf.Tensor, target: tf.Tensor): tf.Tensor =>
      losses.klDiv(own, target, { logTarget: true, reduction: 'batchmean' });
    if (classWeight > 0) {
      terms.push(tf.mul(divergence(functional.logSoftmax(logits), targets.classes), classWeight));
    }
    if (codeWeight > 0) {
      terms.push(tf.mul(divergence(teacher.logAssignments(hidden, temperature), targets.codes), codeWeight));
    }
    return tf.addN(terms);
  });
}
