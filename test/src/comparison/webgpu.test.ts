import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { beforeAll, describe, it } from 'vitest';
import { Draw, type Case, type Family } from '../../../packages/backend-native/test/comparison/case.js';
const folder = new URL('../../../packages/backend-native/test/comparison/cases/', import.meta.url);
const families = readdirSync(folder).toSorted();
beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('webgpu');
});
function inScope<T>(run: () => T): T {
  tf.engine().startScope();
  try {
    return run();
  } finally {
    tf.engine().endScope();
  }
}
function flush<T extends ArrayLike<number>>(values: T): T {
  if (!(values instanceof Float32Array)) return values;
  return values.map((v) => (Math.abs(v) < 1.1754944e-38 ? 0 : v)) as unknown as T;
}
function runCase(one: Case, oracle: boolean) {
  return inScope(() => {
    const tensors = Object.fromEntries(
      Object.entries(one.inputs).map(([n, { values, shape, dtype }]) => [
        n,
        tf.tensor(flush(values), [...shape], dtype),
      ]),
    );
    let out: tf.Tensor[];
    if (oracle && one.oracle) out = [one.oracle(tensors)].flat() as tf.Tensor[];
    else {
      const given = '0' in one.inputs ? (Object.values(tensors) as unknown as tf.NamedTensorMap) : tensors;
      out = [tf.engine().runKernel(one.kernel, given, (one.attrs ?? {}) as tf.NamedAttrMap)].flat() as tf.Tensor[];
    }
    return out.map((x) => ({ shape: x.shape, dtype: x.dtype, values: flush(x.dataSync<'float32'>()) }));
  });
}
describe.each(families)('%s', (file) => {
  it('agrees', async () => {
    const { default: family } = (await import(new URL(file, folder).href)) as { default: Family };
    const bad = new Map<string, string[]>();
    const count = new Map<string, number>();
    const time = new Map<string, number>();
    for (const one of family(new Draw(families.indexOf(file) + 1))) {
      if (one.kernel.startsWith('Hourglass')) continue;
      await tf.setBackend('cpu');
      const oracle = runCase(one, true);
      await tf.setBackend('webgpu');
      count.set(one.kernel, (count.get(one.kernel) ?? 0) + 1);
      const say = (s: string) => {
        const l = bad.get(one.kernel) ?? [];
        l.push(s);
        bad.set(one.kernel, l);
      };
      const desc =
        Object.entries(one.inputs)
          .map(([n, x]) => `${n}:${x.dtype}[${x.shape.join()}]`)
          .join(' ') +
        ' ' +
        JSON.stringify(one.attrs ?? {});
      try {
        const t = performance.now();
        const results = runCase(one, false);
        time.set(one.kernel, (time.get(one.kernel) ?? 0) + performance.now() - t);
        results.forEach((r, i) => {
          const o = oracle[i]!;
          if (r.shape.join() !== o.shape.join()) say(`${desc}: shape ${r.shape.join()} expected ${o.shape.join()}`);
          else if (r.dtype !== o.dtype) say(`${desc}: dtype ${r.dtype} expected ${o.dtype}`);
          else {
            const c = compareValues(r.values, o.values, one.tolerance);
            if (!c.ok)
              say(
                `${desc}: ${c.message} in=${Object.values(one.inputs)
                  .map((x) => x.values[c.worstIndex])
                  .join()}`,
              );
          }
        });
      } catch (e) {
        say(`${desc}: ${(e as Error).message.slice(0, 200)}`);
        try {
          (tf.backend() as any).checkDevice();
        } catch {}
      }
    }
    for (const [k, l] of bad)
      console.log(`BAD ${k} ${l.length}/${count.get(k)}\n   ` + l.slice(0, 3).join('\n   ').slice(0, 900));
    console.log(
      `${file} TIME ` +
        [...time]
          .toSorted((a, b) => b[1] - a[1])
          .slice(0, 12)
          .map(([k, t]) => `${k} ${t | 0}ms/${count.get(k)}`)
          .join(', '),
    );
  });
});
