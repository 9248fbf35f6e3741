import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { normalDistribution } from '../../webgpu/snippets/normal-distribution.js';
import { activationParameters, Activation, ActivationGrad, type ActivationAttrs, type ActivationKind } from './spec.js';

/** WGSL of one function: what it calls, and the bodies of `fn(v: f32) -> f32` for its value and its slope. */
interface Wgsl {
  readonly uses: string;
  readonly value: string;
  readonly slope: string;
}

const geluGate = `
const a = 1.59576912160573;
const b = 0.0713548162726;
fn gate(near: f32) -> f32 { return precise_sigmoid(near * (near * near * b + a)); }`;

// with q = sigmoid(-v), tanh(softplus(v)) = sigmoid(v) (1 + q) / (1 + q²)
const mishGate = `
fn gate(v: f32) -> f32 {
  let q = precise_sigmoid(-v);
  return precise_sigmoid(v) * (1.0 + q) / (1.0 + q * q);
}`;

const positive = 'let positive = select(v, 0.0, v < 0.0);';

/** p0, p1, … are the function's parameters, as uniforms. */
const functions: Readonly<Record<ActivationKind, Wgsl>> = {
  gated: {
    uses: '',
    value: 'return v * precise_sigmoid(uniforms.p0 * v);',
    slope: `
    let u = uniforms.p0 * v;
    let s = precise_sigmoid(u);
    return s * (1.0 + u * (1.0 - s));`,
  },
  gelu: {
    uses: normalDistribution,
    value: 'return v * normal_distribution(v, normal_density(v));',
    slope: `
    let density = normal_density(v);
    return normal_distribution(v, density) + v * density * 0.398942280401433;`,
  },
  geluTanh: {
    // beyond 20 the gate is 0 or 1, and the cube may overflow
    uses: geluGate,
    value: 'return v * gate(clamp(v, -20.0, 20.0));',
    slope: `
    let near = clamp(v, -20.0, 20.0);
    let s = gate(near);
    return s * (1.0 + near * (1.0 - s) * (a + 3.0 * b * near * near));`,
  },
  mish: {
    uses: mishGate,
    value: 'return v * gate(v);',
    slope: `
    let t = gate(v);
    return t + v * precise_sigmoid(v) * (1.0 - t * t);`,
  },
  hardswish: {
    uses: '',
    value: 'return v * (clamp(v + 3.0, 0.0, 6.0) / 6.0);',
    slope: 'return select(select(v / 3.0 + 0.5, 0.0, v <= -3.0), 1.0, v >= 3.0);',
  },
  softplus: {
    uses: '',
    value: `
    let u = uniforms.p0 * v;
    return select(precise_softplus(u) / uniforms.p0, v, u > uniforms.p1);`,
    slope: `
    let u = uniforms.p0 * v;
    return select(precise_sigmoid(u), 1.0, u > uniforms.p1);`,
  },
  leaky: {
    uses: '',
    value: 'return select(uniforms.p0 * v, v, v > 0.0);',
    slope: 'return select(uniforms.p0, 1.0, v > 0.0);',
  },
  exponential: {
    uses: '',
    value: 'return uniforms.p1 * select(uniforms.p0 * precise_expm1(uniforms.p2 * v), v, v > 0.0);',
    slope: 'return uniforms.p1 * select(uniforms.p0 * uniforms.p2 * precise_exp(uniforms.p2 * v), 1.0, v > 0.0);',
  },
  squaredRelu: {
    uses: '',
    value: `${positive} return positive * positive;`,
    slope: `${positive} return 2.0 * positive;`,
  },
};

function shaders(part: 'value' | 'slope'): ReadonlyMap<ActivationKind, Shader> {
  const name = part === 'value' ? 'activation' : 'activation-grad';
  return new Map(
    (Object.keys(functions) as ActivationKind[]).map((kind) => [
      kind,
      elementwiseShader({
        name: `${name}-${kind.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        uniforms: Object.fromEntries(activationParameters[kind].map((_, i) => [`p${i}`, 'f32' as const])),
        declarations: `${functions[kind].uses}
fn function_of(v: f32) -> f32 { ${functions[kind][part]} }`,
        body: part === 'value' ? 'y[i] = function_of(x[i]);' : 'dx[i] = dy[i] * function_of(x[i]);',
      }),
    ]),
  );
}

const [values, slopes] = [shaders('value'), shaders('slope')];

function uniformsOf({ parameters }: ActivationAttrs): Record<string, number> {
  return Object.fromEntries(parameters.map((value, i) => [`p${i}`, value]));
}

export const activationOnGpu = webgpuKernel(Activation, ({ x }, attrs, gpu) => {
  if (x.dtype !== 'float32') return null;
  const y = gpu.allocate(x.shape);
  runElementwise(gpu, values.get(attrs.kind)!, tf.util.sizeFromShape(x.shape), {
    inputs: { x },
    outputs: { y },
    uniforms: uniformsOf(attrs),
  });
  return y;
});

export const activationGradOnGpu = webgpuKernel(ActivationGrad, ({ x, dy }, attrs, gpu) => {
  if (x.dtype !== 'float32' || dy.dtype !== 'float32') return null;
  const dx = gpu.allocate(x.shape);
  runElementwise(gpu, slopes.get(attrs.kind)!, tf.util.sizeFromShape(x.shape), {
    inputs: { x, dy },
    outputs: { dx },
    uniforms: uniformsOf(attrs),
  });
  return dx;
});
