import { defineCommand } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { backendOption, checkpointOption, jsonOption, modelOption, withModel } from '@hourglass/core/tasks';
import { GAE } from '../../models/index.js';
import { evaluateLinkPrediction } from '../../training/index.js';
import { linkOptions, linksIn, openLinks, setupOf, splitLinks } from './options.js';
import { linkScoreLines } from './scores.js';

export const evaluateCommand = defineCommand({
  description: 'score an autoencoder of a graph on the links that its training held back: AUC and average precision',
  options: {
    ...linkOptions,
    model: modelOption,
    split: { kind: 'text', description: 'which links', choices: ['val', 'test'], default: 'test' },
    checkpoint: checkpointOption,
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    const whole = await openLinks(options);
    await withModel(options, context, GAE.fromPretrained, async (model) => {
      const split = splitLinks(whole, setupOf(model, options.model));
      const pairs = split[options.split as 'val' | 'test'];
      try {
        const scores = await evaluateLinkPrediction(model, pairs);
        context.print(`${linksIn(pairs)} links of the ${options.split} split, and as many pairs without one`);
        for (const line of linkScoreLines(scores)) context.print(line);
        if (options.json !== undefined) {
          await writeJson(options.json, { split: options.split, links: linksIn(pairs), ...scores });
        }
      } finally {
        split.graph.dispose();
      }
    });
  },
});
