import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { scope, type Module } from '@hourglass/core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { difference } from '../outputs.js';
import type { Subject } from '../subject.js';

/** What was saved and loaded has the same configuration and gives the same bits. */
export const saving: CheckDefinition = {
  rule: 'saving',
  name: 'is the same after saving and loading',
  applies: ({ facts }) => facts.load !== undefined,
  run: (subject) =>
    subject.withModel((model) =>
      subject.withInput(async (input) => {
        const folder = await mkdtemp(join(tmpdir(), 'hourglass-conformance-'));
        try {
          // so that running statistics are not what a new model has
          scope(() => void subject.forward(model.train(), input));
          const outputs = subject.read(model.eval(), input);
          const { savePretrained } = model as unknown as { savePretrained?(folder: string): Promise<void> };
          expectThat(typeof savePretrained === 'function', 'the model has no method savePretrained(folder)');
          await savePretrained.call(model, folder);
          const loaded = await subject.facts.load!(folder);
          try {
            compareConfigs(subject, model, loaded);
            expectThat(loaded.training, 'a loaded model is in evaluation mode; a new one trains');
            const gap = difference(subject.read(loaded.eval(), input), outputs);
            expectThat(gap === null, () => `after loading ${gap}`);
          } finally {
            loaded.dispose();
          }
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
    ),
};

function compareConfigs<Model extends Module, Input>(
  { facts }: Subject<Model, Input>,
  model: Model,
  loaded: Model,
): void {
  const read = facts.config ?? ((of: Model): unknown => (of as { config?: unknown }).config);
  const [before, after] = [model, loaded].map((each) => JSON.stringify(read(each) ?? null));
  expectThat(
    isDeepStrictEqual(JSON.parse(before!), JSON.parse(after!)),
    () => `the configuration is ${after} after loading, was ${before}`,
  );
}
