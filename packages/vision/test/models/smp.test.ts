import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, Module, normalTensor, savePretrained } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  createSegmentationModel,
  ResNetEncoder,
  resnetSpec,
  SegmentationModel,
  type Decoder,
  type SegmentationHead,
} from '@hourglass/vision';

const root = mkdtempSync(join(tmpdir(), 'hourglass-smp-'));
beforeAll(() => useTestBackend('wasm'));
afterAll(() => rmSync(root, { recursive: true }));

const spec = resnetSpec('basic', { layers: [1, 2, 1, 1], stem: 6, planes: [4, 8, 12, 10] });

/** Writes a folder as the reference's save_pretrained does; its names are ours. */
async function write(name: string, model: Module, config: Record<string, unknown>): Promise<string> {
  const folder = join(root, name);
  await savePretrained(model, folder, { config });
  return folder;
}

describe('checkpoints of segmentation_models.pytorch', () => {
  it('load with widths, depths and channels read from their tensors', async () => {
    const model = createSegmentationModel({
      architecture: 'unet',
      encoder: { type: 'resnet', ...spec },
      inChannels: 4,
      classes: 2,
      activation: 'sigmoid',
      decoder: { channels: [16, 16, 16, 16, 16], attention: 'scse', interpolation: 'bilinear', norm: 'identity' },
      classificationHead: { classes: 3 },
      generator: new Generator(1),
    }).eval();
    const folder = await write('unet', model, {
      _model_class: 'Unet',
      encoder_name: 'resnet_of_no_name',
      encoder_weights: 'imagenet',
      encoder_depth: 5,
      in_channels: 4,
      classes: 2,
      activation: 'sigmoid',
      decoder_channels: [16, 16, 16, 16, 16],
      decoder_attention_type: 'scse',
      decoder_interpolation: 'bilinear',
      decoder_use_norm: false,
      aux_params: { classes: 3 },
    });
    const loaded = (await SegmentationModel.fromPretrained(folder)).eval();
    expect(loaded.config.encoder).toEqual({ type: 'resnet', ...spec, inChannels: 4, outputStride: 32 });
    const x = normalTensor([1, 64, 32, 4], 0, 1, new Generator(2));
    const [ours, theirs] = [model.outputs(x), loaded.outputs(x)];
    expectClose(theirs.masks, ours.masks);
    expectClose(theirs.labels!, ours.labels!);
    tf.dispose([x, { ...ours }, { ...theirs }]);
    model.dispose();
    loaded.dispose();
  });

  it('load without the stages that a shallower encoder does not use', async () => {
    const model = createSegmentationModel({
      architecture: 'pspnet',
      encoder: { type: 'resnet', ...spec },
      classes: 2,
      decoder: { channels: 8 },
      generator: new Generator(1),
    });
    // the reference builds and saves all four stages
    class Whole extends Module {
      readonly encoder = new ResNetEncoder(spec);
      readonly decoder: Decoder = model.decoder;
      readonly segmentation_head: SegmentationHead = model.segmentation_head;
    }
    const whole = new Whole();
    const folder = await write('psp', whole, {
      _model_class: 'PSPNet',
      encoder_name: 'r',
      classes: 2,
      psp_out_channels: 8,
    });
    const loaded = await SegmentationModel.fromPretrained(folder);
    expect(loaded.encoder.outChannels).toEqual([3, 6, 4, 8]);
    for (const module of [whole, model, loaded]) module.dispose();
  });

  it('are refused, with the reason, where they hold what is not known here', async () => {
    const model = createSegmentationModel({
      architecture: 'linknet',
      encoder: { type: 'resnet', ...spec },
      classes: 1,
    });
    const load = async (name: string, config: Record<string, unknown>): Promise<unknown> =>
      SegmentationModel.fromPretrained(await write(name, model, config));
    await expect(load('argument', { _model_class: 'Linknet', decoder_colour: 3 })).rejects.toThrow(
      /an argument 'decoder_colour' that Linknet does not take here/,
    );
    await expect(load('class', { _model_class: 'DPT' })).rejects.toThrow(/unknown kind of model/);
    await expect(load('other', { _model_class: 'Unet', classes: 1 })).rejects.toThrow(/missing/);
    model.dispose();
  });
});
