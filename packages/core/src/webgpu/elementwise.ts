import type { Call } from './dispatch.js';
import type { Gpu } from './kernel.js';
import type { Constants, Scalar, Shader } from './shader.js';

/** Invocations of a workgroup of shaders that give each element an invocation of its own. */
export const threads = 256;

/** Their number of workgroups. */
export function groupsFor(elements: number): [number] {
  return [Math.ceil(elements / threads)];
}

/** The text of such a shader: `body` is run for every `i` below the uniform of this name. */
export function forEach(body: string, declarations = '', limit = 'size'): string {
  return `${declarations}
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  if (i >= uniforms.${limit}) { return; }
  ${body.trim()}
}`;
}

/**
 * A shader that runs `body` once for each `i` below the `size` given to {@link runElementwise}. `declarations` are what it calls.
 */
export function elementwiseShader<C extends Constants = Constants>(given: {
  readonly name: string;
  readonly uniforms?: Readonly<Record<string, Scalar>>;
  readonly declarations?: string | ((constants: C) => string);
  readonly body: string | ((constants: C) => string);
}): Shader<C> {
  const { name, uniforms = {}, declarations = '', body } = given;
  const text = (part: string | ((constants: C) => string), constants: C): string =>
    (typeof part === 'string' ? part : part(constants)).trim();
  return {
    name,
    workgroup: threads,
    uniforms: { size: 'u32', ...uniforms },
    code: (constants) => forEach(text(body, constants), text(declarations, constants)),
  };
}

export function runElementwise<C extends Constants>(
  gpu: Gpu,
  shader: Shader<C>,
  size: number,
  { uniforms, ...call }: Omit<Call<C>, 'groups'>,
): void {
  gpu.run(shader, { ...call, uniforms: { size, ...uniforms }, groups: groupsFor(size) });
}
