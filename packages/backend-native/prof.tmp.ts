import * as tf from '@tensorflow/tfjs-core';
import { useBackend, losses, LayerNorm, Parameter, valueAndGradients } from '@hourglass/core';
import { loadAddon } from './src/index.js';
await useBackend('native');
(await loadAddon()).setThreads(1);
const b = tf.backend() as any;
const rnd = (s: number[]) => tf.keep(tf.randomNormal(s));
const cpu = () => {
  const u = process.cpuUsage();
  return (u.user + u.system) / 1000;
};
const m = new LayerNorm([256]);
const s = [1024, 256];
const x = new Parameter(rnd(s));
const dy = rnd(s);
const inject = tf.customGrad((y) => ({ value: tf.scalar(0), gradFunc: () => tf.clone(dy) }));
const run = () =>
  tf.tidy(() => {
    valueAndGradients(() => inject(m.forward(x.value)) as tf.Tensor, [x, ...m.parameters()]);
  });
const lx = new Parameter(rnd([8, 128, 128, 5]));
const t = tf.keep(tf.randomUniform([8, 128, 128], 0, 5, 'int32'));
const ce = () =>
  tf.tidy(() => {
    valueAndGradients(() => losses.crossEntropy(lx.value, t), [lx]);
  });
for (const f of [run, ce]) {
  for (let i = 0; i < 200; i++) f();
  b.fallbacks.clear();
  const call = b.call.bind(b);
  const times = new Map<string, number>();
  let t0 = cpu();
  for (let i = 0; i < 100; i++) f();
  console.log('cpu ms', (cpu() - t0) / 100);
  b.call = (k: string, ...v: number[]) => {
    const t = performance.now();
    call(k, ...v);
    times.set(k, Math.min(times.get(k) ?? 1e9, performance.now() - t));
  };
  for (let i = 0; i < 30; i++) f();
  b.call = call;
  console.log(
    b.fallbacks,
    [...times].map(([k, v]) => [k, v.toFixed(3)].join(' ')),
  );
}
