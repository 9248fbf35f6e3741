/** WGSL of `with_decay(gradient, value)`: gradient + penalty · value, of the uniform `penalty`; an infinite value is left alone without one. */
export const withDecay = `
fn with_decay(gradient: f32, value: f32) -> f32 {
  return select(gradient + uniforms.penalty * value, gradient, uniforms.penalty == 0.0);
}`;
