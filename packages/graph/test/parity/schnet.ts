import { functional } from '@hourglass/core';
import type { ParityAdapter } from '@hourglass/core/testing';
import { SchNet, schNetFamilies } from '@hourglass/graph';

export const adapters: ParityAdapter[] = [
  {
    knows: ({ op, config }) => op === '' && schNetFamilies.some((family) => family.matches(config)),
    async prepare({ folder, inputs, outputs }) {
      const module = (await SchNet.fromPretrained(folder)).eval();
      const batch = new functional.Segments(inputs['batch']!, outputs.get('energy')![0]!);
      return {
        module,
        forward: ({ z, pos }) => ({ energy: module.forward(z!, pos!, { batch }) }),
        dispose: () => batch.dispose(),
      };
    },
  },
];
