import { CheckpointError, type TensorSpec } from '@hourglass/core';
import type { ResNetSpec, ResNetStage } from './resnet-spec.js';

/**
 * Reads widths and depths of a ResNet from the shapes of its tensors, which public and narrowed checkpoints alike carry.
 * @param prefix what stands before `conv1.weight`, for instance `encoder.`
 * @throws CheckpointError when a tensor that tells a width is not there.
 */
export function inferResNet(
  specs: ReadonlyMap<string, TensorSpec>,
  prefix: string,
): { readonly spec: ResNetSpec; readonly inChannels: number } {
  const shape = (name: string): readonly number[] => {
    const spec = specs.get(prefix + name);
    if (spec === undefined || spec.shape.length !== 4) {
      throw new CheckpointError(
        `the checkpoint has no convolution weight '${prefix}${name}', so it holds no ResNet that is known here`,
      );
    }
    return spec.shape;
  };
  const [stem, inChannels] = shape('conv1.weight');
  const bottleneck = specs.has(`${prefix}layer1.0.conv3.weight`);
  const last = bottleneck ? 'conv3' : 'conv2';
  const stages: ResNetStage[] = [];
  while (stages.length < 4 && specs.has(`${prefix}layer${stages.length + 1}.0.conv1.weight`)) {
    const stage = `layer${stages.length + 1}`;
    let blocks = 1;
    while (specs.has(`${prefix}${stage}.${blocks}.conv1.weight`)) blocks++;
    stages.push({
      blocks,
      width: shape(`${stage}.0.conv1.weight`)[0]!,
      channels: shape(`${stage}.0.${last}.weight`)[0]!,
    });
  }
  const groups = bottleneck ? stages[0]!.width / shape('layer1.0.conv2.weight')[1]! : 1;
  return { spec: { block: bottleneck ? 'bottleneck' : 'basic', stem: stem!, stages, groups }, inChannels: inChannels! };
}
