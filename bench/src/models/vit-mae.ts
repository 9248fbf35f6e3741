import * as tf from '@tensorflow/tfjs-core';
import {
  AdamW,
  Conv2d,
  Generator,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  ModuleList,
  normalTensor,
  Parameter,
  scope,
  TransformerEncoderLayer,
} from '@hourglass/core';
import type { TrainingMaker } from '../training.js';

interface Sizes {
  readonly batch: number;
  readonly side: number;
  readonly patch: number;
  /** Patches that the encoder sees. */
  readonly seen: number;
  readonly encoder: { readonly depth: number; readonly width: number; readonly heads: number };
  readonly decoder: { readonly depth: number; readonly width: number; readonly heads: number };
}

/** Which patches the encoder sees, and how all come back into their order; int32 [N, seen] and [N, patches]. */
interface Masking {
  readonly keep: tf.Tensor;
  readonly restore: tf.Tensor;
}

/** Masked autoencoder (He et al. 2021, arXiv:2111.06377): the encoder sees a quarter of the patches, the decoder draws the rest. */
class MaskedAutoencoder extends Module {
  readonly patch_embed: Conv2d;
  readonly cls_token: Parameter;
  readonly positions: LearnedPositions;
  readonly blocks: ModuleList<TransformerEncoderLayer>;
  readonly norm: LayerNorm;
  readonly decoder_embed: Linear;
  readonly mask_token: Parameter;
  readonly decoder_positions: LearnedPositions;
  readonly decoder_blocks: ModuleList<TransformerEncoderLayer>;
  readonly decoder_norm: LayerNorm;
  readonly head: Linear;

  constructor(
    private readonly sizes: Sizes,
    generator: Generator,
  ) {
    super();
    const { side, patch, encoder, decoder } = sizes;
    const patches = (side / patch) ** 2;
    const token = (width: number): Parameter => new Parameter(normalTensor([1, 1, width], 0, 0.02, generator));
    const blocks = ({ depth, width, heads }: Sizes['encoder']): ModuleList<TransformerEncoderLayer> =>
      new ModuleList(
        Array.from(
          { length: depth },
          () =>
            new TransformerEncoderLayer(width, heads, {
              dimFeedforward: 4 * width,
              dropout: 0,
              activation: 'gelu',
              batchFirst: true,
              normFirst: true,
              generator,
            }),
        ),
      );
    this.patch_embed = new Conv2d(3, encoder.width, { kernelSize: patch, stride: patch, generator });
    this.cls_token = token(encoder.width);
    this.positions = new LearnedPositions(patches, encoder.width, { generator });
    this.blocks = blocks(encoder);
    this.norm = new LayerNorm(encoder.width);
    this.decoder_embed = new Linear(encoder.width, decoder.width, { generator });
    this.mask_token = token(decoder.width);
    this.decoder_positions = new LearnedPositions(patches + 1, decoder.width, { generator });
    this.decoder_blocks = blocks(decoder);
    this.decoder_norm = new LayerNorm(decoder.width);
    this.head = new Linear(decoder.width, patch * patch * 3, { generator });
  }

  /** Pictures [N, H, W, 3] to patches [N, patches, patch * patch * 3]. */
  forward(image: tf.Tensor, { keep, restore }: Masking): tf.Tensor {
    return scope(() => {
      const [batch, seen] = keep.shape as [number, number];
      const { encoder } = this.sizes;
      const patches = tf.reshape(this.patch_embed.forward(image), [batch, -1, encoder.width]);
      const visible = tf.gather(this.positions.forward(patches), keep as tf.Tensor2D, 1, 1);
      let x: tf.Tensor = tf.concat([tf.tile(this.cls_token.value, [batch, 1, 1]), visible], 1);
      for (const block of this.blocks) x = block.forward(x);

      x = this.decoder_embed.forward(this.norm.forward(x));
      const [cls, tokens] = tf.split(x, [1, seen], 1) as [tf.Tensor, tf.Tensor];
      const hidden = tf.tile(this.mask_token.value, [batch, restore.shape[1]! - seen, 1]);
      const all = tf.gather(tf.concat([tokens, hidden], 1), restore as tf.Tensor2D, 1, 1);
      x = this.decoder_positions.forward(tf.concat([cls, all], 1));
      for (const block of this.decoder_blocks) x = block.forward(x);
      const drawn = this.head.forward(this.decoder_norm.forward(x));
      return tf.slice(drawn, [0, 1, 0], [batch, restore.shape[1]!, drawn.shape[2]!]);
    });
  }

  /** Mean squared error over the patches that the encoder did not see. */
  loss(image: tf.Tensor, masking: Masking): tf.Tensor {
    return scope(() => {
      const { patch, side, seen } = this.sizes;
      const [batch, count] = [image.shape[0]!, side / patch];
      const cut = tf.transpose(tf.reshape(image, [batch, count, patch, count, patch, 3]), [0, 1, 3, 2, 4, 5]);
      const target = tf.reshape(cut, [batch, count * count, patch * patch * 3]);
      const errors = tf.mean(tf.squaredDifference(this.forward(image, masking), target), -1);
      const masked = tf.cast(tf.greaterEqual(masking.restore, tf.scalar(seen, 'int32')), 'float32');
      return tf.div(tf.sum(tf.mul(errors, masked)), tf.sum(masked));
    });
  }
}

const sizes: Readonly<Record<'full' | 'small', Sizes>> = {
  full: {
    batch: 8,
    side: 224,
    patch: 16,
    seen: 49,
    encoder: { depth: 6, width: 384, heads: 6 },
    decoder: { depth: 2, width: 192, heads: 6 },
  },
  small: {
    batch: 2,
    side: 16,
    patch: 4,
    seen: 4,
    encoder: { depth: 1, width: 16, heads: 2 },
    decoder: { depth: 1, width: 8, heads: 2 },
  },
};

/** A random order for each picture: its first `seen` patches are kept. */
function drawMasking({ batch, side, patch, seen }: Sizes, generator: Generator): Masking {
  const count = (side / patch) ** 2;
  const orders = Array.from({ length: batch }, () => [...generator.permutation(count)]);
  const restored = orders.map((order) => order.map((_, place) => order.indexOf(place)));
  return {
    keep: tf.tensor2d(
      orders.map((order) => order.slice(0, seen)),
      [batch, seen],
      'int32',
    ),
    restore: tf.tensor2d(restored, [batch, count], 'int32'),
  };
}

export const vitMae: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const { batch, side } = sizes[size];
  const model = new MaskedAutoencoder(sizes[size], generator);
  const image = normalTensor([batch, side, side, 3], 0, 1, generator);
  const masking = drawMasking(sizes[size], generator);
  return {
    model,
    inputs: { image, ...masking },
    forward: () => model.forward(image, masking),
    loss: () => model.loss(image, masking),
    optimizer: () => new AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.05 }),
  };
};
