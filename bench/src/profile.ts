import * as tf from '@tensorflow/tfjs-core';
import type { Profile } from './process.js';

/** What of the native backend the profiler looks at. */
interface Inspected {
  readonly fallbacks?: Map<string, number>;
  call?: (kernel: string, ...values: readonly number[]) => void;
}

/** Runs `step` a few times with a clock around every kernel; means over the runs. */
export function profiled(step: () => void, runs = 5): Profile {
  const engine = tf.engine() as unknown as { runKernel: typeof run; backend: Inspected };
  const { backend } = engine;
  const times = new Map<string, { count: number; ms: number }>();
  const original = engine.runKernel;
  let nested = 0;
  function run(this: unknown, name: string, ...rest: [never, never]): unknown {
    const before = nested;
    nested = 0;
    const from = performance.now();
    try {
      return original.call(engine, name, ...rest);
    } finally {
      const ms = performance.now() - from;
      add(name, ms - nested);
      nested = before + ms;
    }
  }
  const add = (name: string, ms: number): void => {
    const entry = times.get(name) ?? { count: 0, ms: 0 };
    entry.count++;
    entry.ms += ms;
    times.set(name, entry);
  };
  backend.fallbacks?.clear();
  engine.runKernel = run;
  const from = performance.now();
  try {
    for (let i = 0; i < runs; i++) step();
  } finally {
    engine.runKernel = original;
  }
  const totalMs = (performance.now() - from) / runs;
  const kernels = Array.from(times, ([name, { count, ms }]) => ({ name, count: count / runs, ms: ms / runs }));
  const fallbacks = Object.fromEntries(Array.from(backend.fallbacks ?? [], ([name, count]) => [name, count / runs]));
  return {
    totalMs,
    outsideMs: totalMs - kernels.reduce((sum, { ms }) => sum + ms, 0),
    kernels: kernels.sort((a, b) => b.ms - a.ms),
    fallbacks,
  };
}
