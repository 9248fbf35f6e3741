import { CheckpointError, UnsupportedError, type ModelFamily, type Module } from '@hourglass/core';

/**
 * A model that torchaudio makes by `torchaudio.models.<name>(…)`: its config.json says so under `library`, `class` and `args`. torchaudio's own
 * checkpoints are a state dict alone; this is the file to put beside one.
 *
 * @param options arguments that `build` knows, in camelCase; others are refused
 */
export function torchaudioFamily<M extends Module, C extends object>(
  name: string,
  options: ReadonlyArray<keyof C & string>,
  build: (config: C) => M,
): ModelFamily<M> {
  const known = new Set<string>(options);
  return {
    modelType: `torchaudio ${name}`,
    matches: (config) =>
      config['library'] === 'torchaudio' && String(config['class']).startsWith(`torchaudio.models.${name}(`),
    build({ args }) {
      if (typeof args !== 'object' || args === null)
        throw new CheckpointError(`config.json of a torchaudio ${name} must hold its arguments as 'args'`);
      const entries = Object.entries(args).map(([key, value]) => {
        const camel = key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
        if (!known.has(camel))
          throw new UnsupportedError(`torchaudio ${name}: the argument '${key}' is not known here`);
        return [camel, value] as const;
      });
      return build(Object.fromEntries(entries) as C);
    },
  };
}
