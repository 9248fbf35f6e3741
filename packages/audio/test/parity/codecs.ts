import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  AutoencoderOobleck,
  dacFamilies,
  DacModel,
  encodecFamilies,
  EncodecModel,
  encodecOriginalFamilies,
  EncodecOriginalModel,
  mimiFamilies,
  MimiModel,
  oobleckFamilies,
} from '@hourglass/audio';

/** [batch, channels, time] to [N, time, channels] and back. */
const swapped = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);

interface Loader<M extends Module> {
  readonly families: ReadonlyArray<{ matches(config: Readonly<Record<string, unknown>>): boolean }>;
  load(folder: string): Promise<M>;
  run(model: M, inputs: Readonly<NamedTensors>, parityCase: ParityCase): NamedTensors;
}

/** Loads the folder by the public way, and runs the model in evaluation mode. */
function modelAdapter<M extends Module>({ families, load, run }: Loader<M>): ParityAdapter {
  return {
    knows: ({ op, config }) => op === '' && families.some((family) => family.matches(config)),
    async prepare(parityCase) {
      const module = (await load(parityCase.folder)).eval();
      return { module, forward: (inputs) => run(module, inputs, parityCase) };
    },
  };
}

/** Codes as EnCodec has them: [chunks, batch, codebooks, frames], the last chunk filled up with zeros. */
function encodecCodes(codes: tf.Tensor, chunkFrames: readonly number[]): tf.Tensor {
  const [n, , codebooks] = codes.shape as [number, number, number];
  const whole = chunkFrames[0]!;
  const chunks = tf.split(codes, [...chunkFrames], 1).map((chunk, i) =>
    tf.pad(tf.transpose(chunk, [0, 2, 1]), [
      [0, 0],
      [0, 0],
      [0, whole - chunkFrames[i]!],
    ]),
  );
  return tf.reshape(tf.stack(chunks), [chunks.length, n, codebooks, whole]);
}

function bandwidths({ call }: ParityCase): number[] {
  return call['bandwidths'] as number[];
}

/** As Python writes them: 3.0, 0.75. */
const python = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

export const adapters: ParityAdapter[] = [
  modelAdapter({
    families: encodecFamilies,
    load: (folder) => EncodecModel.fromPretrained(folder),
    run(model, { input_values: input }, parityCase) {
      const x = swapped(input!);
      const latent = model.encodeLatent(x);
      const outputs: NamedTensors = {
        encoder: swapped(latent),
        decoder_of_encoder: swapped(model.decodeLatent(latent)),
      };
      for (const bandwidth of bandwidths(parityCase)) {
        const name = `bw${python(bandwidth)}`;
        const encoded = model.encode(x, { codebooks: model.codebooksFor(bandwidth) });
        outputs[`${name}.audio_codes`] = encodecCodes(encoded.codes, model.chunkFrames(encoded.length));
        // without a padding mask the reference leaves what filled up the last frame
        const isCut = parityCase.outputs.get(`${name}.audio_values`)?.at(-1) === encoded.length;
        outputs[`${name}.audio_values`] = swapped(model.decode(isCut ? encoded : encoded.codes));
        outputs['forward.audio_values'] = swapped(model.decode(encoded));
        outputs['quantized'] = swapped(model.dequantize(encoded.codes));
        const scales = encoded.scales === null ? [] : tf.split(encoded.scales, encoded.scales.shape[1]!, 1);
        scales.forEach((scale, i) => (outputs[`scale.${i}`] = scale));
      }
      return Object.fromEntries(Object.entries(outputs).filter(([name]) => parityCase.outputs.has(name)));
    },
  }),
  modelAdapter({
    families: encodecOriginalFamilies,
    load: (folder) => EncodecOriginalModel.fromPretrained(folder),
    run(model, { x }) {
      const latent = model.encodeLatent(swapped(x!));
      const codes = model.codesOf(latent);
      const quantized = model.dequantize(codes);
      return {
        encoder: swapped(latent),
        codes: tf.transpose(codes, [2, 0, 1]),
        quantized: swapped(quantized),
        audio: swapped(model.decodeLatent(quantized)),
        continuous: swapped(model.decodeLatent(latent)),
      };
    },
  }),
  modelAdapter({
    families: dacFamilies,
    load: (folder) => DacModel.fromPretrained(folder),
    run(model, { input_values: input }, parityCase) {
      const x = swapped(input!);
      const mono = (sound: tf.Tensor): tf.Tensor => tf.squeeze(sound, [2]);
      const latent = model.encodeLatent(x);
      const { value, codes, projected, penalty } = model.quantize(latent);
      const decoded = model.decodeLatent(value);
      const length = Math.min(decoded.shape[1]!, x.shape[1]!);
      const fewer = [...parityCase.outputs.keys()].filter((name) => /^codes_\d+$/.test(name));
      return {
        loss: penalty,
        audio_values: mono(tf.slice(decoded, [0, 0, 0], [-1, length, -1])),
        quantized_representation: swapped(value),
        audio_codes: swapped(codes),
        projected_latents: swapped(projected),
        from_codes: swapped(model.dequantize(codes)),
        decode: mono(model.decodeLatent(model.dequantize(codes))),
        ...Object.fromEntries(
          fewer.map((name) => [name, swapped(model.codesOf(latent, Number(name.slice('codes_'.length))))]),
        ),
      };
    },
  }),
  modelAdapter({
    families: oobleckFamilies,
    load: (folder) => AutoencoderOobleck.fromPretrained(folder),
    run(model, { x, noise }) {
      const { mean, std, kl } = model.encode(swapped(x!));
      const z = tf.add(mean, tf.mul(std, swapped(noise!)));
      return { mean: swapped(mean), std: swapped(std), kl, z: swapped(z), sample: swapped(model.decodeLatent(z)) };
    },
  }),
  modelAdapter({
    families: mimiFamilies,
    load: (folder) => MimiModel.fromPretrained(folder),
    run(model, { input_values: input }, parityCase) {
      const x = swapped(input!);
      const encoder = model.encoder.forward(x);
      const latent = model.encodeLatent(x);
      const codes = model.codesOf(latent);
      const fewer = parityCase.outputs.get('codes_fewer')?.[1];
      return {
        encoder: swapped(encoder),
        encoder_transformer: swapped(model.encoder_transformer.forward(encoder)),
        downsampled: swapped(latent),
        audio_codes: swapped(codes),
        audio_values: swapped(model.decode(codes)),
        continuous_audio: swapped(model.decodeLatent(latent)),
        ...(fewer !== undefined && { codes_fewer: swapped(model.codesOf(latent, fewer)) }),
      };
    },
  }),
];
