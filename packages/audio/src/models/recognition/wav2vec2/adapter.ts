import * as tf from '@tensorflow/tfjs-core';
import {
  Conv1d,
  functional,
  init,
  initialiseNormal,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  scope,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import { LayerDrop } from '../../../layers/speech/index.js';
import type { SpeechEncoderSettings } from './config.js';

class AdapterLayer extends Module implements UnaryModule {
  readonly conv: Conv1d;

  constructor(
    { output_hidden_size: width, adapter_kernel_size, adapter_stride }: SpeechEncoderSettings,
    generator?: Generator,
  ) {
    super();
    const sizes = { kernelSize: adapter_kernel_size, stride: adapter_stride, padding: 1 };
    this.conv = new Conv1d(width, 2 * width, { ...sizes, generator });
    init.kaimingNormal(this.conv.weight, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => functional.glu(this.conv.forward(x)));
  }
}

/** Gated convolutions behind a speech encoder that shorten its output for a decoder. */
export class SpeechAdapter extends Module implements UnaryModule {
  readonly proj: Linear | null;
  readonly proj_layer_norm: LayerNorm | null;
  readonly layers: ModuleList<AdapterLayer>;
  readonly #drop: LayerDrop;

  constructor(settings: SpeechEncoderSettings, generator?: Generator) {
    super();
    const { hidden_size, output_hidden_size, num_adapter_layers } = settings;
    const isNarrower = hidden_size !== output_hidden_size;
    this.proj = isNarrower ? new Linear(hidden_size, output_hidden_size, { generator }) : null;
    this.proj_layer_norm = isNarrower ? new LayerNorm(output_hidden_size) : null;
    this.layers = new ModuleList(
      Array.from({ length: num_adapter_layers }, () => new AdapterLayer(settings, generator)),
    );
    this.#drop = new LayerDrop(settings.layerdrop, generator);
    initialiseNormal(this, settings.initializer_range, generator, 'linear');
  }

  /** float32 [N, frames, hidden_size] to [N, fewer frames, output_hidden_size]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      let y = this.proj === null ? tf.clone(x) : this.proj_layer_norm!.forward(this.proj.forward(x));
      for (const layer of this.layers) if (!this.#drop.drops(this.training)) y = layer.forward(y);
      return y;
    });
  }
}
