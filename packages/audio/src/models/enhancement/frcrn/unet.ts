import * as tf from '@tensorflow/tfjs-core';
import { functional, init, Module, ModuleDict, ModuleList, scope, type Generator } from '@hourglass/core';
import { ComplexBatchNorm2d, ComplexConv2d, ComplexConvTranspose2d, eachPart, type Complex } from './complex.js';
import { bandsOf, planBands, type FullFRCRNConfig } from './config.js';
import { FrequencyMemory, TemporalMemory } from './fsmn.js';
import { ChannelGate } from './gate.js';

const activated = (z: Complex): Complex => eachPart((x) => functional.leakyRelu(x, 0.01), z);

/** Half the frequencies, and one frame more where frames may look ahead. */
class Encoder extends Module {
  readonly conv: ComplexConv2d;
  readonly bn: ComplexBatchNorm2d;

  constructor(inChannels: number, outChannels: number, kernel: number, causal: boolean, generator?: Generator) {
    super();
    this.conv = new ComplexConv2d(inChannels, outChannels, {
      kernelSize: [kernel, 2],
      stride: [2, 1],
      padding: [
        [0, 0],
        [1, causal ? 0 : 1],
      ],
      generator,
    });
    this.bn = new ComplexBatchNorm2d(outChannels);
  }

  forward(z: Complex): Complex {
    return scope(() => activated(this.bn.forward(this.conv.forward(z))));
  }
}

/** What an {@link Encoder} took, in its size. */
class Decoder extends Module {
  readonly transconv: ComplexConvTranspose2d;
  readonly bn: ComplexBatchNorm2d;

  constructor(inChannels: number, outChannels: number, kernel: number, causal: boolean, generator?: Generator) {
    super();
    this.transconv = new ComplexConvTranspose2d(inChannels, outChannels, {
      kernelSize: [kernel, 2],
      stride: [2, 1],
      padding: [
        [0, 0],
        [causal ? 0 : 1, 1],
      ],
      generator,
    });
    this.bn = new ComplexBatchNorm2d(outChannels);
  }

  forward(z: Complex): Complex {
    return scope(() => activated(this.bn.forward(this.transconv.forward(z))));
  }
}

/**
 * Complex convolutional encoder and decoder, with memories along the frequencies between the layers, memories along time in the middle, and
 * gated skip connections.
 */
export class ComplexUNet extends Module {
  readonly encoders: ModuleList<Encoder>;
  readonly decoders: ModuleList<Decoder>;
  readonly se_layers_enc: ModuleList<ChannelGate>;
  readonly se_layers_dec: ModuleList<ChannelGate>;
  /** Before each encoder layer but the first, by its number. */
  readonly fsmn_enc: ModuleDict<FrequencyMemory>;
  /** Behind each decoder layer but the last, by its number. */
  readonly fsmn_dec: ModuleDict<FrequencyMemory>;
  readonly fsmn: TemporalMemory;
  readonly linear: ComplexConv2d;

  constructor(config: FullFRCRNConfig, generator?: Generator) {
    super();
    const { channels, layers, order, reduction, frequencyRecurrence, causal } = config;
    const plan = planBands(bandsOf(config.fftLength)).slice(0, layers);
    const gate = (): ChannelGate => new ChannelGate(channels, reduction, causal, generator);
    const times = <T>(count: number, make: () => T): T[] => Array.from({ length: Math.max(count, 0) }, make);
    const memories = (first: number): ModuleDict<FrequencyMemory> =>
      new ModuleDict(
        times(frequencyRecurrence ? layers - 1 : 0, () => new FrequencyMemory(channels, order, generator)).map(
          (memory, i) => [String(first + i), memory] as const,
        ),
      );
    this.encoders = new ModuleList(
      plan.map(({ kernel }, i) => new Encoder(i === 0 ? 1 : channels, channels, kernel, causal, generator)),
    );
    this.decoders = new ModuleList(
      plan.toReversed().map(({ kernelBack }, i) => {
        const inChannels = i === 0 ? channels : 2 * channels;
        return new Decoder(inChannels, i === layers - 1 ? 1 : channels, kernelBack, causal, generator);
      }),
    );
    // what the innermost layer returns goes on without a skip
    this.se_layers_enc = new ModuleList(times(layers - 1, gate));
    this.se_layers_dec = new ModuleList(times(layers - 2, gate));
    this.fsmn_enc = memories(1);
    this.fsmn_dec = memories(0);
    this.fsmn = new TemporalMemory(channels * plan.at(-1)!.after, order, generator);
    this.linear = new ComplexConv2d(1, 1, { kernelSize: 1, generator });
    // begins with masks that hardly turn the phase: from any other it is a long way to these
    init.ones(this.linear.conv_re.weight);
    init.zeros(this.linear.conv_im.weight);
    const { bn_re, bn_im } = this.decoders.at(-1).bn;
    init.ones(bn_re.bias!);
    init.constant(bn_im.weight!, 0.1);
  }

  /** Two of [N, frequencies, frames, 1]; the same shape back. */
  forward(z: Complex): Complex {
    return scope(() => {
      const { length } = this.encoders;
      const skips: Complex[] = [];
      let x = z;
      for (let i = 0; i < length; i++) {
        if (this.fsmn_enc.has(String(i))) x = this.fsmn_enc.get(String(i)).forward(x);
        x = this.encoders.at(i).forward(x);
        if (i < length - 1) skips.push(this.se_layers_enc.at(i).forward(x));
      }
      x = this.fsmn.forward(x);
      for (let i = 0; i < length; i++) {
        x = this.decoders.at(i).forward(x);
        if (i === length - 1) break;
        if (this.fsmn_dec.has(String(i))) x = this.fsmn_dec.get(String(i)).forward(x);
        if (i < length - 2) x = this.se_layers_dec.at(i).forward(x);
        const [re, im] = skips.pop()!;
        x = [tf.concat([x[0], re], 3), tf.concat([x[1], im], 3)];
      }
      return this.linear.forward(x);
    });
  }
}
