import type { Module } from '@hourglass/core';
import type { Check } from './check.js';
import { definitions } from './checks/index.js';
import type { ModelFacts } from './facts.js';
import { Subject } from './subject.js';

/** All checks that apply to a model, also those that its facts except: run them on the backend in use. */
export function modelChecks<Model extends Module, Input>(facts: ModelFacts<Model, Input>): readonly Check[] {
  const subject = new Subject(facts);
  return definitions
    .filter(({ applies }) => applies?.(subject) ?? true)
    .map(({ rule, name, run }) => ({ rule, name, run: () => run(subject) }));
}
