import { existsSync } from 'node:fs';
import { findCheckpoint, FileError } from '@hourglass/core';
import { SegmentationModel } from '../../models/segmentation.js';

/** Loads a model from a run folder (its best or latest checkpoint), a saved model, a hub id or a URL. */
export async function loadModel(source: string, which: 'best' | 'latest'): Promise<SegmentationModel> {
  return SegmentationModel.fromPretrained(await checkpointOf(source, which));
}

/** The folder to load: a checkpoint inside `source` when that is a run, else `source` itself. */
export async function checkpointOf(source: string, which: 'best' | 'latest'): Promise<string> {
  if (!existsSync(source) || existsSync(`${source}/model.safetensors`)) return source;
  const checkpoint = await findCheckpoint(source, which);
  if (checkpoint === null) {
    throw new FileError(
      source,
      'holds neither a model nor a run with a checkpoint; give the folder that --run named, or one with model.safetensors',
    );
  }
  return checkpoint;
}
