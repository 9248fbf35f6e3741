import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  loadPretrained,
  ModuleList,
  ownFamily,
  scope,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { ActivationName } from '../layers/activation.js';
import { initialiseDecoder, initialiseHead } from '../layers/initialise.js';
import { architectures, decoderFamilies, type Architecture, type DecoderOptions } from './decoders/index.js';
import type { Decoder, DecoderFamily } from './decoders/decoder.js';
import {
  createEncoder,
  encoderFacts,
  resolveEncoder,
  type EncoderChoice,
  type EncoderConfig,
} from './encoders/config.js';
import type { Encoder, EncoderFacts } from './encoders/encoder.js';
import { ClassificationHead, SegmentationHead, type ClassificationHeadConfig } from './heads.js';
import { defaultSetup, readSetup, type SegmentationSetup } from './setup.js';
import { smpFamily } from './smp.js';

interface Common {
  readonly classes: number;
  /** Applied to the scores; default none, so that the model gives logits. */
  readonly activation: ActivationName | null;
  /** Factor by which the scores are enlarged at the end. */
  readonly upsampling: number;
  /** A second output for the whole picture. */
  readonly classificationHead: ClassificationHeadConfig | null;
  /** Also score every branch of the decoder (U-Net++), see {@link SegmentationModel.branches}. */
  readonly deepSupervision: boolean;
}

/** What a segmentation model is built from; plain data, kept in config.json. */
export type SegmentationConfig<A extends Architecture = Architecture> = {
  readonly [K in A]: Common & {
    readonly architecture: K;
    readonly encoder: EncoderConfig;
    readonly decoder: DecoderOptions[K];
  };
}[A];

/** What {@link createSegmentationModel} takes; everything but architecture, encoder and classes has a default. */
export type SegmentationOptions<A extends Architecture = Architecture> = {
  readonly [K in A]: Partial<Common> & {
    readonly architecture: K;
    /** A name of `encoderNames`, or widths and depths as data. */
    readonly encoder: EncoderChoice;
    readonly classes: number;
    readonly inChannels?: number;
    /** Levels of the encoder below the input's resolution. */
    readonly encoderDepth?: number;
    /** 8 or 16 trades strides of the encoder for dilation. */
    readonly encoderOutputStride?: number;
    readonly decoder?: Partial<DecoderOptions[K]>;
    /** Draws the weights; the default generator otherwise. */
    readonly generator?: Generator;
  };
}[A];

/** Everything that a model says about pictures, each channels last. */
export interface SegmentationOutputs {
  /** [N, H, W, classes] */
  readonly masks: tf.Tensor;
  /** Of the encoder, finest first. */
  readonly features: tf.Tensor[];
  /** [N, classes] of the classification head, where there is one. */
  readonly labels?: tf.Tensor;
}

/**
 * Encoder, decoder and head for semantic segmentation. Build one with {@link createSegmentationModel}, load one with
 * {@link SegmentationModel.fromPretrained}.
 */
export class SegmentationModel extends ConfiguredModel<SegmentationConfig> {
  protected override readonly modelType = modelType;
  override readonly config: SegmentationConfig;
  /** Names and colours of the classes, normalisation, picture size. Set by training, kept in config.json. */
  setup: SegmentationSetup;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly segmentation_head: SegmentationHead;
  readonly classification_head?: ClassificationHead;
  /** Heads of the decoder's branches but the last, which is the segmentation head's. */
  readonly supervision_heads?: ModuleList<SegmentationHead>;
  readonly #anySize: boolean;

  /** Draws all weights anew. */
  constructor(config: SegmentationConfig, generator?: Generator) {
    super();
    const { classes, activation, upsampling, classificationHead, deepSupervision } = config;
    checkCount('classes', classes);
    const family = familyOf(config.architecture);
    this.config = config;
    this.setup = defaultSetup(classes);
    this.#anySize = family.anySize;
    this.encoder = createEncoder(config.encoder, generator);
    this.decoder = buildDecoder(config, this.encoder, generator);
    const kernelSize = family.headKernel;
    this.segmentation_head = new SegmentationHead(this.decoder.outChannels, classes, {
      kernelSize,
      upsampling,
      activation,
      generator,
    });
    if (deepSupervision) {
      const { branches } = this.decoder;
      check(branches !== undefined, `${config.architecture} has no branches for deep supervision`);
      this.supervision_heads = new ModuleList(
        branches.slice(0, -1).map(
          ({ outChannels, outputStride }) =>
            new SegmentationHead(outChannels, classes, {
              kernelSize,
              upsampling: outputStride,
              activation,
              generator,
            }),
        ),
      );
    }
    if (classificationHead !== null) {
      this.classification_head = new ClassificationHead(
        this.encoder.outChannels.at(-1)!,
        classificationHead,
        generator,
      );
    }
    if (family.initialise) {
      initialiseDecoder(this.decoder, generator);
      for (const head of [this.segmentation_head, this.supervision_heads, this.classification_head]) {
        if (head !== undefined) initialiseHead(head, generator);
      }
    }
  }

  /**
   * Loads a checkpoint of this library or of segmentation_models.pytorch with a ResNet encoder, whose widths and depths are read from
   * the tensors.
   * @param source a folder, a URL or a hub id
   * @throws FileError, CheckpointError
   */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SegmentationModel> {
    return loadPretrained(source, segmentationFamilies, options);
  }

  /** What config.json of a checkpoint of this model holds: its setup too. */
  override checkpointConfig(): Config {
    return { ...super.checkpointConfig(), setup: this.setup };
  }

  /**
   * Normalised pictures [N, H, W, inChannels] to logits [N, H, W, classes] (or what the configured activation makes of them).
   * @throws InvalidArgumentError when sides are not multiples of the encoder's output stride and the decoder needs that;
   * {@link forwardAnySize} pads.
   */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.segmentation_head.forward(this.decoder.forward(this.#features(x))));
  }

  /** {@link forward} for pictures of any size: pads them at the right and below by repeating the border, and crops the result. */
  forwardAnySize(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const padded = this.#padded(x);
      const y = this.forward(padded);
      const size = y.shape.map((d, axis) =>
        axis === 1 || axis === 2 ? Math.ceil((d * x.shape[axis]!) / padded.shape[axis]!) : d,
      );
      return tf.slice(y, [0, 0, 0, 0], size);
    });
  }

  /** Masks, features and, with a classification head, labels; sizes as for {@link forward}. */
  outputs(x: tf.Tensor): SegmentationOutputs {
    return scope(() => {
      const features = this.#features(x);
      const masks = this.segmentation_head.forward(this.decoder.forward(features));
      const labels = this.classification_head?.forward(features.at(-1)!);
      return { masks, features, ...(labels && { labels }) };
    });
  }

  /**
   * Logits [N, H, W, classes] of every branch, shallowest first; the last is {@link forward}'s. For deep supervision a loss is averaged
   * over them; at prediction their mean is the paper's accurate mode.
   */
  branches(x: tf.Tensor): tf.Tensor[] {
    const { decoder, supervision_heads: heads } = this;
    check(heads !== undefined, 'this model was built without deepSupervision, so its branches have no heads');
    return scope(() =>
      decoder.branchOutputs!(this.#features(x)).map((branch, i) =>
        (i < heads.length ? heads.at(i) : this.segmentation_head).forward(branch),
      ),
    );
  }

  #features(x: tf.Tensor): tf.Tensor[] {
    const stride = this.encoder.outputStride;
    const [, height, width] = x.shape;
    check(
      this.#anySize || (height! % stride === 0 && width! % stride === 0),
      () =>
        `pictures of ${height} × ${width} do not fit: height and width must be multiples of ${stride}, for instance ` +
        `${roundUp(height!, stride)} × ${roundUp(width!, stride)}; forwardAnySize pads and crops`,
    );
    return this.encoder.forward(x);
  }

  #padded(x: tf.Tensor): tf.Tensor {
    if (this.#anySize) return x;
    const stride = this.encoder.outputStride;
    return [1, 2].reduce((y, axis) => {
      const size = y.shape[axis]!;
      const missing = roundUp(size, stride) - size;
      if (missing === 0) return y;
      const begin = y.shape.map((_, i) => (i === axis ? size - 1 : 0));
      const border = tf.slice(
        y,
        begin,
        y.shape.map((d, i) => (i === axis ? 1 : d)),
      );
      return tf.concat([y, ...Array.from({ length: missing }, () => border)], axis);
    }, x);
  }
}

function roundUp(size: number, stride: number): number {
  return Math.ceil(size / stride) * stride;
}

/** The decoder's family. @throws InvalidArgumentError naming the architectures there are. */
export function familyOf<A extends Architecture>(architecture: A): DecoderFamily<DecoderOptions[A]> {
  check(
    Object.hasOwn(decoderFamilies, architecture),
    () => `unknown architecture ${JSON.stringify(architecture)}; known are ${architectures.join(', ')}`,
  );
  return decoderFamilies[architecture];
}

function buildDecoder<A extends Architecture>(
  { architecture, decoder, classes }: { architecture: A; decoder: DecoderOptions[A]; classes: number },
  facts: EncoderFacts,
  generator: Generator | undefined,
): Decoder {
  return familyOf(architecture).build(facts, decoder, classes, generator);
}

/** Fills in all defaults. */
export function resolveSegmentation<A extends Architecture>(options: SegmentationOptions<A>): SegmentationConfig<A> {
  const { architecture, encoder: choice, inChannels, encoderDepth, encoderOutputStride } = options;
  const { encoderDepth: usualDepth, encoderOutputStrides: strides } = familyOf<Architecture>(architecture);
  const own = typeof choice === 'object' ? choice.outputStride : undefined;
  const outputStride = encoderOutputStride ?? own ?? strides?.[0];
  check(
    strides === undefined || outputStride === undefined || strides.includes(outputStride),
    `${architecture} works at an encoder output stride of ${strides?.join(' or ')}, got ${outputStride}`,
  );
  const depth = encoderDepth ?? usualDepth;
  return completeConfig(options, resolveEncoder(choice, { inChannels, depth, outputStride }));
}

/** The configuration around an encoder whose own is whole. */
function completeConfig<A extends Architecture>(
  given: Partial<Common> & { readonly architecture: A; readonly classes: number; readonly decoder?: object },
  encoder: EncoderConfig,
): SegmentationConfig<A> {
  const { architecture, classes } = given;
  const family = familyOf<Architecture>(architecture) as DecoderFamily<object>;
  const facts = encoderFacts(encoder);
  const decoder = family.resolve(facts, given.decoder ?? {});
  const config: Common & { architecture: A; encoder: EncoderConfig; decoder: object } = {
    architecture,
    encoder,
    decoder,
    classes,
    activation: given.activation ?? null,
    upsampling: given.upsampling ?? family.upsampling(facts, decoder),
    classificationHead: given.classificationHead ?? null,
    deepSupervision: given.deepSupervision ?? false,
  };
  return config as SegmentationConfig<A>;
}

/** Builds a segmentation model with random weights; plain options, see {@link SegmentationOptions}. */
export function createSegmentationModel<A extends Architecture>(options: SegmentationOptions<A>): SegmentationModel {
  return new SegmentationModel(resolveSegmentation(options) as SegmentationConfig, options.generator);
}

const modelType = 'hourglass-segmentation';

/** Checkpoints that {@link SegmentationModel.savePretrained} wrote. */
const own = ownFamily(modelType, ({ setup, ...config }) => {
  const model = new SegmentationModel(readConfig(config));
  if (setup !== undefined) model.setup = readSetup(setup, model.config.classes);
  return model;
});

/** A configuration from a file: checked where it is used, completed where an older one lacks something. */
function readConfig(config: Config): SegmentationConfig {
  const given = config as unknown as SegmentationConfig;
  check(
    typeof given.encoder === 'object' && given.encoder !== null,
    'config.json: encoder must be an object with the type, widths and depths of the encoder',
  );
  // an encoder's whole configuration stays as it is
  return completeConfig(given, resolveEncoder(given.encoder));
}

/** Kinds of checkpoint that {@link SegmentationModel.fromPretrained} reads. */
export const segmentationFamilies: ReadonlyArray<ModelFamily<SegmentationModel>> = [
  own,
  smpFamily((options) => createSegmentationModel(options)),
];
