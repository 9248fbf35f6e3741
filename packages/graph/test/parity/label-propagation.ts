import type { ParityAdapter } from '@hourglass/core/testing';
import {
  CorrectAndSmooth,
  EdgeIndex,
  LabelPropagation,
  labelRows,
  type CorrectAndSmoothOptions,
} from '@hourglass/graph';
import { optionsOf, pygAdapter } from './support.js';

export const adapters: ParityAdapter[] = [
  pygAdapter({
    LabelPropagation: ({ inputs, outputs, args }) => {
      const edges = new EdgeIndex(inputs['ei']!, inputs['y']!.shape[0]!);
      const module = new LabelPropagation(args['num_layers'] as number, args['alpha'] as number);
      const classes = outputs.get('y')![1]!;
      return {
        forward: ({ y, mask }) => ({
          y: module.forward(labelRows(y!.dataSync(), classes), edges, { mask: mask?.dataSync() ?? null }),
        }),
        dispose: () => edges.dispose(),
      };
    },
    CorrectAndSmooth: ({ inputs, args }) => {
      const edges = new EdgeIndex(inputs['ei']!, inputs['soft']!.shape[0]!);
      const module = new CorrectAndSmooth(optionsOf(args) as unknown as CorrectAndSmoothOptions);
      return {
        forward: ({ y, soft, mask }) => {
          const given = [y!.dataSync(), mask!.dataSync(), edges] as const;
          return {
            correct: module.correct(soft!, ...given),
            smooth: module.smooth(module.correct(soft!, ...given), ...given),
          };
        },
        dispose: () => edges.dispose(),
      };
    },
  }),
];
