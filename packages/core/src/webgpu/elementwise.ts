import type { Call } from './dispatch.js';
import type { Gpu } from './kernel.js';
import type { Constants, Scalar, Shader } from './shader.js';

const threads = 256;

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
    code: (constants) => `${text(declarations, constants)}
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  if (i >= uniforms.size) { return; }
  ${text(body, constants)}
}`,
  };
}

export function runElementwise<C extends Constants>(
  gpu: Gpu,
  shader: Shader<C>,
  size: number,
  { uniforms, ...call }: Omit<Call<C>, 'groups'>,
): void {
  gpu.run(shader, { ...call, uniforms: { size, ...uniforms }, groups: [Math.ceil(size / threads)] });
}
