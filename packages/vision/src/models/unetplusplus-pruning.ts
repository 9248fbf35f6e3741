import { check, loadStateDict, stateDict, type StoredTensor } from '@hourglass/core';
import { skipChannels } from './encoders/encoder.js';
import { resolveSegmentation, SegmentationModel, type SegmentationConfig } from './segmentation.js';

/**
 * The sub-network L`level` of a U-Net++ that was trained with deep supervision, as a model of its own (Zhou et al. 2018, section
 * 3.3): only the levels of the encoder and the nodes of the decoder that its branch needs, with copies of their weights. It
 * gives what `model.branches(x)[level - 1]` gives.
 *
 * @param level 1 to the number of branches; the largest is the whole network.
 * @throws InvalidArgumentError for another architecture, a model without heads for its branches, or a level that it does not have.
 */
export function pruneUNetPlusPlus(model: SegmentationModel, level: number): SegmentationModel {
  const { config, encoder } = model;
  check(
    config.architecture === 'unetplusplus',
    `only a U-Net++ is pruned, this is a model of kind ${config.architecture}`,
  );
  check(model.supervision_heads !== undefined, 'pruning needs a U-Net++ that was built with deepSupervision');
  const levels = model.supervision_heads.length + 1;
  check(
    Number.isInteger(level) && level >= 1 && level <= levels,
    `this U-Net++ has the sub-networks L1 to L${levels}, got ${level}`,
  );
  const whole = level === levels;
  const pruned = new SegmentationModel(whole ? { ...config, deepSupervision: false } : cut(config, encoder, level));
  const shift = levels - level;
  const weights = new Map<string, StoredTensor>();
  const wanted = new Set(Array.from(pruned.namedState(), ([name]) => name));
  for (const [name, tensor] of stateDict(model)) {
    const renamed = rename(name, shift, whole ? undefined : level - 1);
    if (renamed !== null && wanted.has(renamed)) weights.set(renamed, tensor);
  }
  loadStateDict(pruned, weights, { where: `L${level} of this U-Net++` });
  return pruned;
}

function cut(
  config: SegmentationConfig<'unetplusplus'>,
  encoder: SegmentationModel['encoder'],
  level: number,
): SegmentationConfig {
  // the nodes on the way to this branch have the channels of the skip connections
  const channels = skipChannels(encoder).slice(0, level).reverse();
  return resolveSegmentation<'unetplusplus'>({
    architecture: 'unetplusplus',
    encoder: config.encoder,
    encoderDepth: level + (encoder.startsWithInput ? 1 : 0),
    encoderOutputStride: config.encoder.outputStride,
    classes: config.classes,
    activation: config.activation,
    decoder: { ...config.decoder, channels, finalBlock: false },
  });
}

/** The name in the pruned model; null for what belongs to another head. */
function rename(name: string, shift: number, head: number | undefined): string | null {
  const node = /^decoder\.blocks\.x_(\d+)_(\d+)\.(.*)$/.exec(name);
  if (node !== null) return `decoder.blocks.x_${Number(node[1]) - shift}_${Number(node[2]) - shift}.${node[3]}`;
  const branch = /^supervision_heads\.(\d+)\.(.*)$/.exec(name);
  if (branch !== null) return Number(branch[1]) === head ? `segmentation_head.${branch[2]}` : null;
  if (name.startsWith('segmentation_head.')) return head === undefined ? name : null;
  if (name.startsWith('classification_head.')) return head === undefined ? name : null;
  return name;
}
