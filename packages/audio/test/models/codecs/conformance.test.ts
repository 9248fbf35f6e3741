import { normalTensor, scope, type Generator } from '@hourglass/core';
import { testModel, type InputCase } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  AutoencoderOobleck,
  DacModel,
  EncodecModel,
  EncodecOriginalModel,
  MimiModel,
  type CodecModel,
} from '../../../src/index.js';

/** Sound of so many samples and what comes back, of the same length. */
const sound = (length: number, channels = 1): InputCase<tf.Tensor> => ({
  name: `${length} samples`,
  make: (generator, examples) => normalTensor([examples, length, channels], 0, 0.5, generator),
  gives: (x) => x.shape,
});

const wrong = [
  { name: 'too many channels', make: (generator: Generator) => normalTensor([1, 40, 3], 0, 1, generator) },
  { name: 'no channels', make: (generator: Generator) => normalTensor([1, 40], 0, 1, generator) },
] as const;

/** Sound through codes and back. */
const throughCodes = (model: CodecModel<object>, x: tf.Tensor): tf.Tensor => scope(() => model.forward(x).audio);
const jumps = 'codes jump, and gradients go straight through';
const learns = 'each pass in training moves the codebooks';

const small = {
  sampling_rate: 4800,
  hidden_size: 6,
  num_filters: 4,
  upsampling_ratios: [3, 2],
  codebook_size: 8,
  num_lstm_layers: 1,
};

testModel('EnCodec without quantiser', {
  create: (generator) => new EncodecModel({ ...small, target_bandwidths: [4.8] }, { generator }),
  load: (folder) => EncodecModel.fromPretrained(folder),
  inputs: [sound(24), sound(30), sound(6)],
  forward: (model, x) => scope(() => model.decodeLatent(model.encodeLatent(x))),
  wrong,
});

testModel('EnCodec', {
  create: (generator) => new EncodecModel({ ...small, target_bandwidths: [4.8] }, { generator }),
  load: (folder) => EncodecModel.fromPretrained(folder),
  inputs: [sound(25), sound(1)],
  forward: throughCodes,
  wrong,
  except: { 'finite differences': jumps, modes: learns },
});

testModel('EnCodec of chunks', {
  create: (generator) =>
    new EncodecModel(
      {
        ...small,
        target_bandwidths: [4.8],
        audio_channels: 2,
        normalize: true,
        chunk_length_s: 0.005,
        overlap: 0.25,
        norm_type: 'time_group_norm',
        use_causal_conv: false,
      },
      { generator },
    ),
  load: (folder) => EncodecModel.fromPretrained(folder),
  inputs: [sound(40, 2), sound(61, 2)],
  forward: throughCodes,
  wrong,
  except: { 'finite differences': jumps, modes: learns },
});

testModel('EnCodec under its own names', {
  create: (generator) =>
    new EncodecOriginalModel(
      {
        dimension: 6,
        n_filters: 4,
        ratios: [3, 2],
        bins: 8,
        n_q: 2,
        lstm: 1,
        true_skip: true,
        final_activation: 'Tanh',
      },
      { generator },
    ),
  load: (folder) => EncodecOriginalModel.fromPretrained(folder),
  inputs: [sound(20)],
  forward: throughCodes,
  wrong,
  except: { 'finite differences': jumps, modes: learns },
});

testModel('DAC', {
  create: (generator) =>
    new DacModel(
      {
        encoder_hidden_size: 3,
        downsampling_ratios: [2, 3],
        decoder_hidden_size: 12,
        n_codebooks: 2,
        codebook_size: 8,
        codebook_dim: 3,
      },
      { generator },
    ),
  load: (folder) => DacModel.fromPretrained(folder),
  inputs: [sound(24), sound(31), sound(8)],
  forward: (model, x) =>
    scope(() => {
      const { audio, penalty } = model.forward(x);
      return tf.add(audio, penalty);
    }),
  wrong,
  except: { 'finite differences': jumps, independence: 'the penalty is a mean over the batch' },
});

testModel('Oobleck', {
  create: (generator) =>
    new AutoencoderOobleck(
      {
        encoder_hidden_size: 6,
        downsampling_ratios: [2, 3],
        channel_multiples: [1, 2],
        decoder_channels: 4,
        decoder_input_channels: 3,
      },
      { generator },
    ),
  load: (folder) => AutoencoderOobleck.fromPretrained(folder),
  inputs: [sound(24, 2), sound(31, 2)],
  forward: (model, x) => scope(() => model.forward(x).audio),
  training: 'random',
  wrong,
});

testModel('Mimi', {
  create: (generator) =>
    new MimiModel(
      {
        sampling_rate: 1200,
        hidden_size: 8,
        num_filters: 4,
        upsampling_ratios: [3, 2],
        codebook_size: 8,
        codebook_dim: 4,
        vector_quantization_hidden_dimension: 4,
        num_quantizers: 3,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        num_key_value_heads: 1,
        intermediate_size: 12,
        sliding_window: 3,
        upsample_groups: 4,
        layer_scale_initial_scale: 0.5,
      },
      { generator },
    ),
  load: (folder) => MimiModel.fromPretrained(folder),
  inputs: [sound(60), sound(25)],
  forward: throughCodes,
  wrong,
  except: { 'finite differences': jumps, modes: learns },
});
