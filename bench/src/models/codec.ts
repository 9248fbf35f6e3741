import * as tf from '@tensorflow/tfjs-core';
import {
  Adam,
  Conv1d,
  ConvTranspose1d,
  ELU,
  Generator,
  losses,
  Module,
  normalTensor,
  scope,
  Sequential,
  StateBuffer,
  type UnaryModule,
} from '@hourglass/core';
import type { TrainingMaker } from '../training.js';

interface Sizes {
  readonly batch: number;
  readonly samples: number;
  readonly channels: number;
  readonly strides: readonly number[];
  readonly latent: number;
  readonly codebooks: number;
  readonly codes: number;
}

/** x + convolution 1 (ELU (dilated convolution 7 (ELU x))). */
class Residual extends Sequential {
  constructor(channels: number, dilation: number, generator: Generator) {
    super(
      new ELU(),
      new Conv1d(channels, channels, { kernelSize: 7, dilation, padding: 3 * dilation, generator }),
      new ELU(),
      new Conv1d(channels, channels, { kernelSize: 1, generator }),
    );
  }

  override forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(x, super.forward(x)));
  }
}

const residuals = (channels: number, generator: Generator): Residual[] =>
  [1, 3, 9].map((dilation) => new Residual(channels, dilation, generator));

/** Residual vector quantisation: each codebook takes what the ones before it left over. */
class ResidualQuantizer extends Module {
  /** [codebooks, codes, latent]; trained by moving averages, so without gradient. */
  readonly codebooks: StateBuffer;

  constructor({ codebooks, codes, latent }: Sizes, generator: Generator) {
    super();
    this.codebooks = new StateBuffer(normalTensor([codebooks, codes, latent], 0, 0.2, generator));
  }

  /** x [N, L, latent] to the sum of the nearest codes; the gradient passes straight through. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => straightThrough(x, (values) => this.#nearest(values)));
  }

  #nearest(values: tf.Tensor): tf.Tensor {
    const flat = tf.reshape(values, [-1, values.shape.at(-1)!]);
    let left: tf.Tensor = flat;
    for (const book of tf.unstack(this.codebooks.value)) {
      const distances = tf.sub(tf.sum(tf.square(book), 1), tf.mul(tf.matMul(left, book, false, true), 2));
      left = tf.sub(left, tf.gather(book, tf.argMin(distances, 1)));
    }
    return tf.reshape(tf.sub(flat, left), values.shape);
  }
}

/** fn(x), differentiated as if it were x. */
function straightThrough(x: tf.Tensor, fn: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  return tf.customGrad((x) => ({ value: fn(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => dy }))(x);
}

/** x as a constant. */
function detached(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }))(x);
}

/** Neural audio codec in the shape of SoundStream (Zeghidour et al. 2021, arXiv:2107.03312), without its discriminators. */
class Codec extends Module {
  readonly encoder: Sequential;
  readonly quantizer: ResidualQuantizer;
  readonly decoder: Sequential;

  constructor(sizes: Sizes, generator: Generator) {
    super();
    const { channels, strides, latent } = sizes;
    const down: UnaryModule[] = [new Conv1d(1, channels, { kernelSize: 7, padding: 3, generator })];
    const up: UnaryModule[] = [new Conv1d(channels, 1, { kernelSize: 7, padding: 3, generator }), new ELU()];
    let width = channels;
    for (const stride of strides) {
      const options = { kernelSize: 2 * stride, stride, padding: Math.ceil(stride / 2), generator };
      down.push(...residuals(width, generator), new ELU(), new Conv1d(width, 2 * width, options));
      const wider = new ConvTranspose1d(2 * width, width, { ...options, outputPadding: stride % 2 });
      up.push(...residuals(width, generator).reverse(), wider, new ELU());
      width *= 2;
    }
    down.push(new ELU(), new Conv1d(width, latent, { kernelSize: 3, padding: 1, generator }));
    up.push(new Conv1d(latent, width, { kernelSize: 7, padding: 3, generator }));
    this.encoder = new Sequential(...down);
    this.quantizer = new ResidualQuantizer(sizes, generator);
    // made from the sound's end
    this.decoder = new Sequential(...up.reverse());
  }

  /** Sounds [N, samples, 1], the same back with the latent before and after quantisation. */
  run(x: tf.Tensor): { sound: tf.Tensor; latent: tf.Tensor; quantized: tf.Tensor } {
    return scope(() => {
      const latent = this.encoder.forward(x);
      const quantized = this.quantizer.forward(latent);
      return { sound: this.decoder.forward(quantized), latent, quantized };
    });
  }
}

const sizes: Readonly<Record<'full' | 'small', Sizes>> = {
  full: { batch: 4, samples: 16000, channels: 32, strides: [2, 4, 5, 8], latent: 128, codebooks: 4, codes: 1024 },
  small: { batch: 2, samples: 60, channels: 4, strides: [2, 5], latent: 8, codebooks: 2, codes: 5 },
};

export const codec: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const { batch, samples } = sizes[size];
  const model = new Codec(sizes[size], generator);
  const sound = normalTensor([batch, samples, 1], 0, 0.3, generator);
  return {
    model,
    inputs: { sound, codebooks: tf.clone(model.quantizer.codebooks.value) },
    forward: () => scope(() => model.run(sound).sound),
    loss: () =>
      scope(() => {
        const result = model.run(sound);
        const fixed = detached(result.quantized);
        return tf.add(losses.l1(result.sound, sound), tf.mul(losses.mse(result.latent, fixed), 0.25));
      }),
    optimizer: () => new Adam(model.parameters(), { lr: 3e-4 }),
  };
};
