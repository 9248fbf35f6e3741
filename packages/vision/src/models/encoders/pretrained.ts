import {
  decodeValues,
  encodeValues,
  loadCheckpoint,
  openCheckpoint,
  type Checkpoint,
  type OpenOptions,
  type StoredTensor,
} from '@hourglass/core';
import type { Encoder } from './encoder.js';

/** The first convolution of a ResNet, which alone depends on the number of input channels. */
const firstConvolution = 'conv1.weight';

/**
 * Loads an encoder's weights from a classifier's checkpoint: torchvision's names, as in the hub's `smp-hub/resnet18.imagenet` and
 * its like. The classifier's layer and stages beyond the encoder's depth are left out. For other than the checkpoint's input
 * channels the first convolution is adapted: summed for one channel, else repeated and scaled, so that its response stays.
 * @param source a folder, a safetensors file, a URL or a hub id
 * @throws FileError, CheckpointError; then nothing was loaded
 */
export async function loadEncoderWeights(encoder: Encoder, source: string, options?: OpenOptions): Promise<void> {
  const opened = await openCheckpoint(source, options);
  try {
    const own = new Set(Array.from(encoder.namedState(), ([name]) => name.split('.')[0]!));
    const unused = ['fc', 'layer1', 'layer2', 'layer3', 'layer4'].filter((name) => !own.has(name));
    await loadCheckpoint(encoder, adapted(opened, encoder.inChannels), {
      ignore: unused.map((name) => new RegExp(`^${name}\\.`)),
    });
  } finally {
    await opened.close();
  }
}

/** The same checkpoint with a first convolution for `channels` input channels. */
function adapted(checkpoint: Checkpoint, channels: number): Checkpoint {
  const { tensors } = checkpoint;
  const spec = tensors.specs.get(firstConvolution);
  if (spec === undefined || spec.shape.length !== 4 || spec.shape[1] === channels) return checkpoint;
  const shape = spec.shape.map((d, axis) => (axis === 1 ? channels : d));
  return {
    ...checkpoint,
    tensors: {
      specs: new Map([...tensors.specs, [firstConvolution, { ...spec, shape }]]),
      metadata: tensors.metadata,
      close: () => tensors.close(),
      read: async (name) =>
        name === firstConvolution ? adaptChannels(await tensors.read(name), channels) : tensors.read(name),
    },
  };
}

/** A kernel [out, from, h, w] for `to` input channels: their sum for one, else one after another, again from the first. */
function adaptChannels(kernel: StoredTensor, to: number): StoredTensor {
  const [out, from, height, width] = kernel.shape as [number, number, number, number];
  const { values } = decodeValues(kernel);
  const plane = height * width;
  const result = new Float32Array(out * to * plane);
  const [terms, scale] = to === 1 ? [from, 1] : [to, from / to];
  for (let o = 0; o < out; o++) {
    for (let term = 0; term < terms; term++) {
      const source = (o * from + (term % from)) * plane;
      const target = (o * to + (term % to)) * plane;
      for (let i = 0; i < plane; i++) result[target + i]! += values[source + i]! * scale;
    }
  }
  return encodeValues({ dtype: 'float32', values: result }, [out, to, height, width]);
}
