import type { Module } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, it } from 'vitest';
import type { ModelFacts } from './facts.js';
import { modelChecks } from './model-checks.js';

/**
 * Registers vitest tests of all that a model must satisfy, from a few facts about it. They run on WebAssembly, or on the
 * backend that `HOURGLASS_TEST_BACKEND` names, and compare it with the other backends at hand.
 */
export function testModel<Model extends Module, Input>(title: string, facts: ModelFacts<Model, Input>): void {
  describe(title, () => {
    beforeAll(() => useTestBackend('wasm'));
    for (const { rule, name, run } of modelChecks(facts)) {
      const reason = facts.except?.[rule];
      if (reason === undefined) it(name, run);
      else it.skip(`${name} (${reason})`, run);
    }
  });
}
