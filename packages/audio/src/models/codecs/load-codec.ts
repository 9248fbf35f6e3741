import { loadPretrained, type ModelFamily, type OpenOptions } from '@hourglass/core';
import type { CodecModel } from './codec-model.js';
import { dacFamilies } from './dac.js';
import { encodecOriginalFamilies } from './encodec-original.js';
import { encodecFamilies } from './encodec.js';
import { mimiFamilies } from './mimi.js';
import { soundStreamFamily } from './soundstream.js';

/** Kinds of checkpoint that {@link loadCodec} reads. */
export const codecFamilies: ReadonlyArray<ModelFamily<CodecModel<object>>> = [
  soundStreamFamily,
  ...encodecFamilies,
  ...encodecOriginalFamilies,
  ...dacFamilies,
  ...mimiFamilies,
];

/**
 * A codec of any kind, as its config.json says: SoundStream, EnCodec, DAC, Mimi.
 *
 * @param source a folder, a hub id or a URL
 * @throws CheckpointError, FileError
 */
export function loadCodec(source: string, options: OpenOptions = {}): Promise<CodecModel<object>> {
  return loadPretrained(source, codecFamilies, options);
}
