import * as tf from '@tensorflow/tfjs-core';
import { useBackend, losses, BatchNorm2d, Parameter, Sequential, ReLU, valueAndGradients } from '@hourglass/core';
await useBackend('native');
const b = tf.backend() as any;
const rnd = (s: number[]) => tf.keep(tf.randomNormal(s));
const m = new Sequential(new BatchNorm2d(64), new ReLU()); const s = [8,56,56,64];
const x = new Parameter(rnd(s)); const dy = rnd(s);
const inject = tf.customGrad((y) => ({ value: tf.scalar(0), gradFunc: () => tf.clone(dy) }));
const run = () => tf.tidy(() => { valueAndGradients(() => inject(m.forward(x.value)) as tf.Tensor, [x, ...m.parameters()]); });
const lx = new Parameter(rnd([1024,8000])); const t = tf.keep(tf.randomUniform([1024],0,8000,'int32'));
const ce = () => tf.tidy(() => { valueAndGradients(() => losses.crossEntropy(lx.value, t), [lx]); });
for (const f of [run, ce]) {
  for (let i = 0; i < 3; i++) f();
  b.fallbacks.clear();
  const call = b.call.bind(b);
  const times = new Map<string, number>();
  b.call = (k: string, ...v: number[]) => { const t = performance.now(); call(k, ...v); times.set(k, (times.get(k) ?? 0) + performance.now() - t); };
  const t0 = performance.now(); for (let i = 0; i < 10; i++) f(); console.log('ms', (performance.now() - t0) / 10);
  b.call = call;
  console.log(b.fallbacks, [...times].map(([k, v]) => [k, (v / 10).toFixed(3)].join(' ')));
  const p = await tf.profile(() => f() as any);
  console.log(p.kernels.map((k) => k.name).join(' '));
}
