import {
  check,
  loadPretrained,
  Module,
  savePretrained,
  type Config,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';

/** Base of models that are made from a configuration, or assembled from modules. */
export abstract class ConfiguredModel extends Module {
  /** What config.json holds of a model made from a configuration; null for one that was assembled from modules. */
  config: Config | null = null;

  /** Writes config.json and model.safetensors. @throws InvalidArgumentError for a model assembled from modules */
  async savePretrained(folder: string): Promise<void> {
    await savePretrained(this, folder, { config: this.checkpointConfig() });
  }

  /** What config.json of a checkpoint of this model holds. */
  checkpointConfig(): Config {
    const { config } = this;
    check(
      config !== null,
      'a model assembled from your own modules has no configuration: save its stateDict(), or make it from a configuration',
    );
    return config;
  }
}

/** A kind of {@link ConfiguredModel}: how one is made, found again and loaded. */
export interface ConfiguredFamily<M extends ConfiguredModel, C> extends ModelFamily<M> {
  /** Notes the configuration with the model. */
  configured(model: M, config: C): M;
  load(source: string, options?: OpenOptions): Promise<M>;
}

/** @param create makes a model, and notes its configuration by `configured` */
export function configuredFamily<M extends ConfiguredModel, C>(
  modelType: string,
  create: (config: C) => M,
): ConfiguredFamily<M, C> {
  const family: ConfiguredFamily<M, C> = {
    modelType,
    matches: (config) => config['model_type'] === modelType,
    build: ({ model_type: _modelType, ...config }: Config) => create(config as unknown as C),
    configured(model, config) {
      model.config = { model_type: modelType, ...config };
      return model;
    },
    load: (source, options) => loadPretrained(source, [family], options),
  };
  return family;
}
