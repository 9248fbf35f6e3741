import { referenceFamily, type Checkpoint, type ModelFamily, type Module } from '@hourglass/core';

/**
 * Checkpoints of PyTorch Geometric whose config.json says which class was made with which arguments.
 *
 * @param start what `class` starts with
 * @param build is given the arguments with their names in camelCase
 */
export function fromReference<M extends Module>(
  start: string,
  build: (args: Readonly<Record<string, unknown>>, checkpoint: Checkpoint) => M,
): ModelFamily<M> {
  return referenceFamily({ library: 'pyg', start, libraryName: 'PyTorch Geometric' }, build);
}
