import type * as tf from '@tensorflow/tfjs-core';
import { mathLibrary } from './snippets/math.js';

export type Scalar = 'u32' | 'i32' | 'f32';
/** Numbers that are part of a shader's text: each value makes a shader of its own. */
export type Constants = Readonly<Record<string, number | boolean>>;

/** A compute shader in WGSL. */
export interface Shader<C extends Constants = Constants> {
  /** Kebab case; it is the shader's label and the beginning of its key. */
  readonly name: string;
  /** Invocations of a workgroup. */
  readonly workgroup: number | ((constants: C) => number);
  /** Numbers that change from call to call, by name, as `uniforms.NAME`. */
  readonly uniforms: Readonly<Record<string, Scalar>>;
  /**
   * Declarations, and `fn compute(group: vec3u, local: u32)`: the number of the workgroup along each axis, the same for all its
   * invocations, and the number of the invocation in it. Inputs are read-only arrays and outputs arrays, by the names given
   * at the call; constants are `const`s of type u32, f32 (numbers that are not whole) or bool.
   * The functions of {@link library} are there for those that call them.
   */
  readonly code: string | ((constants: C) => string);
}

/** An array of a shader: its name and the type of its elements. */
export interface Binding {
  readonly name: string;
  readonly type: Scalar;
}

/**
 * Functions that WGSL lacks or leaves inexact. Compilers may take it that no number is infinite or not a number, so those are
 * told by their bits, and made from bits that the compiler does not know.
 */
export const library: Readonly<Record<string, string>> = {
  is_nan: 'fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
  is_infinite: 'fn is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }',
  infinity: 'fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }',
  not_a_number: 'fn not_a_number() -> f32 { return bitcast<f32>(uniforms.infinity_bits | 0x400000u); }',
  ...mathLibrary,
};

/** The functions of {@link library} that `code` calls, and those that they call. */
function called(code: string): string[] {
  const names = new Set<string>();
  const visit = (text: string): void => {
    for (const [name] of text.matchAll(/\b\w+(?=\()/g)) {
      if (library[name] === undefined || names.has(name)) continue;
      names.add(name);
      visit(library[name]);
    }
  };
  visit(code);
  return Object.entries(library).flatMap(([name, text]) => (names.has(name) ? [text.trim()] : []));
}

export function elementType(dtype: tf.DataType): Scalar {
  return dtype === 'float32' ? 'f32' : 'i32';
}

/** Identifies a shader's text. */
export function shaderKey(
  shader: Shader,
  inputs: readonly Binding[],
  outputs: readonly Binding[],
  constants: Constants,
): string {
  const arrays = [inputs, outputs].map((list) => list.map(({ name, type }) => `${name}:${type}`).join(','));
  const values = Object.entries(constants).map(([name, value]) => `${name}=${value}`);
  return `hourglass-${shader.name}|${arrays.join('>')}|${values.join(',')}`;
}

export function workgroupSize(shader: Shader, constants: Constants): number {
  return typeof shader.workgroup === 'number' ? shader.workgroup : shader.workgroup(constants);
}

/** The names of a shader's uniforms in their order: the grid of workgroups, the bits of infinity, its own. */
export function uniformFields(shader: Shader): Array<[name: string, type: Scalar]> {
  return [
    ['groups_x', 'u32'],
    ['groups_y', 'u32'],
    ['groups_z', 'u32'],
    ['infinity_bits', 'u32'],
    ...Object.entries(shader.uniforms),
  ];
}

/** The whole text of a shader. */
export function shaderText(
  shader: Shader,
  inputs: readonly Binding[],
  outputs: readonly Binding[],
  constants: Constants,
): string {
  const code = typeof shader.code === 'string' ? shader.code : shader.code(constants);
  const arrays = [
    ...inputs.map((binding) => ({ ...binding, access: 'read' })),
    ...outputs.map((binding) => ({ ...binding, access: 'read_write' })),
  ];
  return [
    `struct Uniforms { ${uniformFields(shader)
      .map(([name, type]) => `${name}: ${type}`)
      .join(', ')} }`,
    '@group(0) @binding(0) var<uniform> uniforms: Uniforms;',
    ...arrays.map(
      ({ name, type, access }, i) => `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<${type}>;`,
    ),
    ...Object.entries(constants).map(([name, value]) => constant(name, value)),
    ...called(code),
    code.trim(),
    `@compute @workgroup_size(${workgroupSize(shader, constants)})`,
    'fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {',
    '  let flat = id.x + id.y * count.x;',
    '  let plane = uniforms.groups_x * uniforms.groups_y;',
    '  if (flat >= plane * uniforms.groups_z) { return; }',
    '  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);',
    '}',
    '',
  ].join('\n');
}

function constant(name: string, value: number | boolean): string {
  if (typeof value === 'boolean') return `const ${name} = ${value};`;
  return Number.isInteger(value) && value >= 0 ? `const ${name} = ${value}u;` : `const ${name} = f32(${value});`;
}
