/** Sigmoid and softplus that stay finite for all finite numbers. */
export const sigmoid = `
fn sigmoid(x: f32) -> f32 {
  let small = exp(-abs(x));
  return select(1.0, small, x < 0.0) / (1.0 + small);
}`;

/** log(1 + e^x), exact to float32 also where e^x is small. */
export const softplus = `
fn softplus(x: f32) -> f32 {
  let small = exp(-abs(x));
  let series = small * (1.0 - small * (0.5 - small * (1.0 / 3.0 - small * (0.25 - small * (0.2 - small / 6.0)))));
  return max(x, 0.0) + select(log(1.0 + small), series, small < 0.1);
}`;
