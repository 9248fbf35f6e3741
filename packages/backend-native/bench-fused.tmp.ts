import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import {
  useBackend,
  functional as F,
  losses,
  BatchNorm2d,
  LayerNorm,
  Parameter,
  AdamW,
  SGD,
  RMSprop,
  Adagrad,
  Sequential,
  ReLU,
  valueAndGradients,
  Module,
  normalTensor,
} from '@hourglass/core';
await useBackend('native');
const cpu = process.env.TH === '1';
const { loadAddon } = await import('./src/index.js');
if (cpu) (await loadAddon()).setThreads(1);
const now = () => {
  if (!cpu) return performance.now();
  const u = process.cpuUsage();
  return (u.user + u.system) / 1000;
};
const names = process.argv.slice(2);
const py = spawn('/work/shared/reference/python', ['/tmp/fused/server.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: py.stdout })[Symbol.asyncIterator]();
const torch = async (name: string, reps: number) => {
  py.stdin.write(`${name} ${reps}\n`);
  return Number((await lines.next()).value);
};
const rnd = (s: number[]) => tf.keep(tf.randomNormal(s));
// backward of given dy through sum(y*dy)-free path: own tape through tf.grads is heavier; use valueAndGradients with customGrad for dy
const grad = (f: (x: tf.Tensor) => tf.Tensor, x: Parameter, ps: Parameter[], dy: tf.Tensor) => {
  const inject = tf.customGrad((y) => ({ value: tf.scalar(0), gradFunc: () => tf.clone(dy) }));
  return () =>
    tf.tidy(() => {
      valueAndGradients(() => inject(f(x.value)) as tf.Tensor, [x, ...ps]);
    });
};
const cases: Record<string, () => () => void> = {
  bnrelu: () => {
    const m = new Sequential(new BatchNorm2d(64), new ReLU());
    const s = [8, 56, 56, 64];
    return grad((x) => m.forward(x), new Parameter(rnd(s)), m.parameters(), rnd(s));
  },
  bnrelu_big: () => {
    const m = new Sequential(new BatchNorm2d(32), new ReLU());
    const s = [4, 128, 128, 32];
    return grad((x) => m.forward(x), new Parameter(rnd(s)), m.parameters(), rnd(s));
  },
  bneval: () => {
    const m = new Sequential(new BatchNorm2d(64), new ReLU()).eval();
    const x = rnd([8, 56, 56, 64]);
    return () => tf.tidy(() => void m.forward(x));
  },
  layernorm: () => {
    const m = new LayerNorm([256]);
    const s = [1024, 256];
    return grad((x) => m.forward(x), new Parameter(rnd(s)), m.parameters(), rnd(s));
  },
  layernorm_big: () => {
    const m = new LayerNorm([768]);
    const s = [4096, 768];
    return grad((x) => m.forward(x), new Parameter(rnd(s)), m.parameters(), rnd(s));
  },
  ce: () => {
    const x = new Parameter(rnd([1024, 8000]));
    const t = tf.keep(tf.randomUniform([1024], 0, 8000, 'int32'));
    return () =>
      tf.tidy(() => {
        valueAndGradients(() => losses.crossEntropy(x.value, t), [x]);
      });
  },
  ce_seg: () => {
    const x = new Parameter(rnd([8, 128, 128, 5]));
    const t = tf.keep(tf.randomUniform([8, 128, 128], 0, 5, 'int32'));
    return () =>
      tf.tidy(() => {
        valueAndGradients(() => losses.crossEntropy(x.value, t), [x]);
      });
  },
};
for (const [n, f] of Object.entries({
  gelu: (x: tf.Tensor) => F.gelu(x),
  gelutanh: (x: tf.Tensor) => F.gelu(x, { approximate: 'tanh' }),
  silu: F.silu,
  mish: F.mish,
  elu: (x: tf.Tensor) => F.elu(x),
  leaky: (x: tf.Tensor) => F.leakyRelu(x),
}))
  cases[n] = () => {
    const s = [1024, 1024];
    return grad(f, new Parameter(rnd(s)), [], rnd(s));
  };
for (const [n, make] of Object.entries({
  adamw: (p: Parameter[]) => new AdamW(p),
  sgd: (p: Parameter[]) => new SGD(p, { lr: 0.01, momentum: 0.9 }),
  rmsprop: (p: Parameter[]) => new RMSprop(p),
  adagrad: (p: Parameter[]) => new Adagrad(p),
}))
  cases[n] = () => {
    const ps = Array.from({ length: 60 }, () => new Parameter(rnd([33333])));
    const o = make(ps);
    const g = new Map(ps.map((p) => [p, rnd([33333])]));
    return () => o.step(g);
  };
for (const name of names.length ? names : Object.keys(cases)) {
  const run = cases[name]!();
  for (let i = 0; i < 5; i++) run();
  let t = now();
  run();
  const one = now() - t;
  const reps = Math.max(1, Math.min(20, Math.round(30 / one)));
  await torch(name, 1);
  const ratios: number[] = [],
    own: number[] = [],
    ref: number[] = [];
  for (let i = 0; i < 15; i++) {
    t = now();
    for (let r = 0; r < reps; r++) run();
    const a = (now() - t) / reps;
    const b = await torch(name, reps);
    ratios.push(b / a);
    own.push(a);
    ref.push(b);
  }
  const med = (v: number[]) => v.sort((x, y) => x - y)[v.length >> 1]!;
  console.log(
    name.padEnd(14),
    'native',
    med(own).toFixed(3),
    'torch',
    med(ref).toFixed(3),
    'ratio',
    med(ratios).toFixed(2),
    'best',
    Math.min(...own).toFixed(3),
    Math.min(...ref).toFixed(3),
  );
}
py.stdin.end();
process.exit(0);
