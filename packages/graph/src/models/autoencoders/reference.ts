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
      const given = (args ?? {}) as ReferenceArguments;
      const hidden = widthsOf(checkpoint, (i) => `discriminator.${2 * i}.weight`).slice(1, -1);
      return create({
        kind,
        encoder: encoderOf(checkpoint, given),
        ...(hidden.length > 0 && { discriminator: hidden }),
      });
    },
  };
}

/** What the folders say of the encoder besides its tensors. */
interface ReferenceArguments {
  readonly conv?: string;
  readonly in_channels?: number;
  readonly hidden?: number;
  readonly latent?: number;
}

const convolutions: Readonly<Record<string, string>> = {
  GCNConv: 'gcn',
  GATConv: 'gat',
  GATv2Conv: 'gatv2',
  SAGEConv: 'sage',
};

function encoderOf(checkpoint: Checkpoint, given: ReferenceArguments): ConvEncoderConfig {
  const { conv = 'GCNConv', in_channels: inChannels, hidden, latent } = given;
  const type = Object.hasOwn(convolutions, conv) ? convolutions[conv]! : null;
  if (type === null) {
    throw new CheckpointError(
      `${checkpoint.where}: its encoder is made of ${conv}, known are ${Object.keys(convolutions).join(', ')}; ` +
        'build the model and load its state dict',
    );
  }
  const { specs } = checkpoint.tensors;
  const bias = specs.has('encoder.conv1.bias') || specs.has('encoder.conv1.lin_l.bias');
  const widths = widthsOf(checkpoint, (i) => `encoder.conv${i + 1}.lin.weight`);
  const mean = specs.get('encoder.conv_mu.lin.weight')?.shape;
  if (mean !== undefined) widths.push(mean[0]!);
  if (type === 'gcn' && widths.length >= 2) {
    return { type, inChannels: widths[0]!, hiddenChannels: widths.slice(1, -1), outChannels: widths.at(-1)!, bias };
  }
  if (inChannels === undefined || hidden === undefined || latent === undefined) {
    throw new CheckpointError(`${checkpoint.where}: config.json does not say the widths of the encoder`);
  }
  const names = [...specs.keys()];
  let layers = 1;
  while (names.some((name) => name.startsWith(`encoder.conv${layers + 1}.`))) layers++;
  const isVariational = names.some((name) => name.startsWith('encoder.conv_mu.'));
  const hiddenChannels = Array.from({ length: isVariational ? layers : layers - 1 }, () => hidden);
  return { type, inChannels, hiddenChannels, outChannels: latent, bias };
}

/** Width of the input, then of each layer, of weights [outputs, inputs] numbered from 0 on. */
function widthsOf({ tensors }: Checkpoint, name: (i: number) => string): number[] {
  const shapes: (readonly number[])[] = [];
  for (let i = 0; tensors.specs.has(name(i)); i++) shapes.push(tensors.specs.get(name(i))!.shape);
  return shapes.length === 0 ? [] : [shapes[0]![1]!, ...shapes.map(([outputs]) => outputs!)];
}
