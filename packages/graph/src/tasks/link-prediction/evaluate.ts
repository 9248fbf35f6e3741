import { defineEvaluateCommand } from '@hourglass/core/tasks';
import { GAE } from '../../models/index.js';
import { evaluateLinkPrediction } from '../../training/index.js';
import { linkOptions, linksIn, openLinks, setupOf, splitLinks } from './options.js';
import { linkScoreLines } from './scores.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'score an autoencoder of a graph on the links that its training held back: AUC and average precision',
  options: {
    ...linkOptions,
    split: { kind: 'text', description: 'which links', choices: ['val', 'test'], default: 'test' },
  },
  open: openLinks,
  load: GAE.fromPretrained,
  async score(model, whole, { model: source, split }) {
    const { graph, ...held } = splitLinks(whole, setupOf(model, source));
    const pairs = held[split as 'val' | 'test'];
    try {
      const links = linksIn(pairs);
      const scores = await evaluateLinkPrediction(model, pairs);
      const what = `${links} links of the ${split} split, and as many pairs without one`;
      return { lines: [what, ...linkScoreLines(scores)], json: { split, links, ...scores } };
    } finally {
      graph.dispose();
    }
  },
});
