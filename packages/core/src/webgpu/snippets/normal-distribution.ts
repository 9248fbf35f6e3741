/**
 * WGSL of `normal_density(x)`: exp(-x² / 2), and of `normal_distribution(x, density)`: the standard normal distribution function,
 * from that. Its tail at |x| is the density times a function of t = 1 / (1 + 0.3 |x|), here a polynomial fitted to a relative error
 * of 4e-7.
 */
export const normalDistribution = `
fn normal_density(x: f32) -> f32 {
  let near = min(abs(x), 20.0);
  return precise_exp(-0.5 * near * near);
}
fn normal_distribution(x: f32, density: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3 * abs(x));
  var q = 0.0356748067;
  q = q * t - 0.157203197;
  q = q * t + 0.206353664;
  q = q * t - 0.0536837615;
  q = q * t + 0.128561676;
  q = q * t + 0.0999135077;
  q = q * t + 0.120753959;
  q = q * t + 0.119629301;
  let tail = density * q * t;
  return select(1.0 - tail, tail, x < 0.0);
}`;
