import type { Module } from '@hourglass/core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { largest, negligible } from '../outputs.js';
import type { Subject } from '../subject.js';

/** Every trainable parameter has a gradient that is finite and not zero; what is excused has none indeed. */
export const gradients: CheckDefinition = {
  rule: 'gradients',
  name: 'gives every parameter a finite gradient that is not zero',
  run: (subject) =>
    subject.withModel(async (model) => {
      for (const [number, kind] of subject.facts.inputs.entries()) {
        await subject.withInput(async (input) => {
          const found = await largestGradients(subject, model, input);
          for (const [name, { finite }] of found) {
            expectThat(finite, () => `${kind.name}: the gradient of ${name} is not finite`);
          }
          // which parts of a model an input reaches may depend on its size
          if (number === 0) checkReach(found, subject.facts.withoutGradient ?? {});
        }, kind);
      }
    }),
};

interface Size {
  readonly largest: number;
  readonly finite: boolean;
}

async function largestGradients<Model extends Module, Input>(
  subject: Subject<Model, Input>,
  model: Model,
  input: Input,
): Promise<Map<string, Size>> {
  const found = await subject.readGradients(model, input);
  const sizes = new Map<string, Size>();
  for (const [name, { requiresGrad }] of model.namedParameters()) {
    if (!requiresGrad) continue;
    const values = found.get(name)?.values ?? [];
    sizes.set(name, { largest: largest(values), finite: Array.prototype.every.call(values, Number.isFinite) });
  }
  return sizes;
}

function checkReach(found: ReadonlyMap<string, Size>, excused: Readonly<Record<string, string>>): void {
  const most = Math.max(...Array.from(found.values(), ({ largest: size }) => size));
  const dead: string[] = [];
  const unused = new Set(Object.keys(excused));
  for (const [name, { largest: size }] of found) {
    const reason = excuse(name, excused);
    if (reason !== undefined) {
      unused.delete(reason);
      expectThat(
        size <= negligible * most,
        () => `${name} has a gradient, though the facts say that it lacks one: ${excused[reason]}`,
      );
    } else if (size === 0) dead.push(name);
  }
  expectThat(dead.length === 0, () => `no gradient reaches ${dead.join(', ')}`);
  expectThat(
    unused.size === 0,
    () => `withoutGradient names ${[...unused].join(', ')}, which matches no trainable parameter`,
  );
}

/** The pattern by which a parameter is known to have no gradient, if it is. */
export function excuse(name: string, excused: Readonly<Record<string, string>>): string | undefined {
  return Object.keys(excused).find((pattern) => new RegExp(`^(?:${pattern})$`).test(name));
}
