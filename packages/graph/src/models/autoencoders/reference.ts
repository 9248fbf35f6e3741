import { CheckpointError, type Checkpoint, type ModelFamily } from '@hourglass/core';
import type { ConvEncoderConfig } from './encoder.js';
import type { GAE, GraphAutoencoderConfig } from './gae.js';

const referenceClass = /^torch_geometric\.nn\.(GAE|VGAE|ARGA|ARGVA)\(/;

/** State dicts of PyTorch Geometric's classes around the encoders of its examples; sizes are read from the tensors. */
export function referenceFamily(create: (config: GraphAutoencoderConfig) => GAE): ModelFamily<GAE> {
  return {
    modelType: 'torch_geometric.nn.GAE, VGAE, ARGA or ARGVA',
    matches: ({ class: name }) => typeof name === 'string' && referenceClass.test(name),
    build({ class: name, args }, checkpoint) {
      const kind = referenceClass.exec(name as string)![1]!.toLowerCase() as GraphAutoencoderConfig['kind'];
      const { conv = 'GCNConv' } = (args ?? {}) as { conv?: unknown };
      if (conv !== 'GCNConv') {
        throw new CheckpointError(
          `${checkpoint.where}: its encoder is made of ${String(conv)}, known is GCNConv; build the model and load its state dict`,
        );
      }
      const hidden = widthsOf(checkpoint, (i) => `discriminator.${2 * i}.weight`).slice(1, -1);
      return create({ kind, encoder: encoderOf(checkpoint), ...(hidden.length > 0 && { discriminator: hidden }) });
    },
  };
}

function encoderOf(checkpoint: Checkpoint): ConvEncoderConfig {
  const widths = widthsOf(checkpoint, (i) => `encoder.conv${i + 1}.lin.weight`);
  const mean = checkpoint.tensors.specs.get('encoder.conv_mu.lin.weight')?.shape;
  if (mean !== undefined) widths.push(mean[0]!);
  if (widths.length < 2) throw new CheckpointError(`${checkpoint.where}: holds no encoder.conv1.lin.weight`);
  return {
    type: 'gcn',
    inChannels: widths[0]!,
    hiddenChannels: widths.slice(1, -1),
    outChannels: widths.at(-1)!,
    bias: checkpoint.tensors.specs.has('encoder.conv1.bias'),
  };
}

/** Width of the input, then of each layer, of weights [outputs, inputs] numbered from 0 on. */
function widthsOf({ tensors }: Checkpoint, name: (i: number) => string): number[] {
  const shapes: (readonly number[])[] = [];
  for (let i = 0; tensors.specs.has(name(i)); i++) shapes.push(tensors.specs.get(name(i))!.shape);
  return shapes.length === 0 ? [] : [shapes[0]![1]!, ...shapes.map(([outputs]) => outputs!)];
}
