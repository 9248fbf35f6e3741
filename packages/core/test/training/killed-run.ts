// A run that checkpoints after every step; the test kills it at random moments. Arguments: folder, steps.
import { fit } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { points, setUp } from './helpers.js';

const [folder, steps] = process.argv.slice(2);
await useTestBackend('cpu');
const { model, options } = setUp({
  folder: folder!,
  resume: true,
  checkpoint: { everySteps: 1 },
  validate: points(6, 8),
  ema: { decay: 0.9 },
  callbacks: { onStep: ({ step }) => void process.stdout.write(`${step}\n`) },
});
const { epochs: _, ...rest } = options;
await fit(model, { ...rest, steps: Number(steps) });
