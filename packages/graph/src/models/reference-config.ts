import { referenceFamily, type Checkpoint, type ModelFamily, type Module } from '@hourglass/core';

/** Checkpoints of PyTorch Geometric; see {@link referenceFamily}. */
export const fromReference = <M extends Module>(
  start: string,
  build: (args: Readonly<Record<string, unknown>>, checkpoint: Checkpoint) => M,
): ModelFamily<M> => referenceFamily('pyg', start, build);
