import type { Module } from '@hourglass/core';
import type { Rule } from './facts.js';
import type { Subject } from './subject.js';

/** One thing that every model must satisfy. */
export interface Check {
  readonly rule: Rule;
  /** A sentence about the model: `gives every parameter a gradient`. */
  readonly name: string;
  /** Throws a ConformanceError, or whatever the model throws. A backend must be in use. */
  run(): Promise<void>;
}

/** A check before it knows the model. */
export interface CheckDefinition {
  readonly rule: Rule;
  readonly name: string;
  /** False where the facts leave nothing to check. */
  applies?<Model extends Module, Input>(subject: Subject<Model, Input>): boolean;
  run<Model extends Module, Input>(subject: Subject<Model, Input>): Promise<void>;
}
