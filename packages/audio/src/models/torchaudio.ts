import { referenceFamily, UnsupportedError, type ModelFamily, type Module } from '@hourglass/core';

/**
 * A model that torchaudio makes by `torchaudio.models.<name>(…)`. torchaudio's own checkpoints are a state dict alone; config.json is the
 * file to put beside one.
 *
 * @param options arguments that `build` knows, in camelCase; others are refused
 */
export function torchaudioFamily<M extends Module, C extends object>(
  name: string,
  options: ReadonlyArray<keyof C & string>,
  build: (config: C) => M,
): ModelFamily<M> {
  return referenceFamily('torchaudio', `torchaudio.models.${name}(`, (args) => {
    const unknown = Object.keys(args).find((key) => !(options as readonly string[]).includes(key));
    if (unknown !== undefined)
      throw new UnsupportedError(`torchaudio ${name}: the argument '${unknown}' is not known here`);
    return build(args as C);
  });
}
