/**
 * Functions of one or two numbers to single precision, also at infinity and NaN. WGSL's own may be off by 2⁻¹¹ (sin, cos, atan) or
 * by many units in the last place (exp, log, pow), and compilers may take it that no number is infinite or not a number.
 * Denormal numbers are zero, as on every GPU.
 */
export const mathLibrary: Readonly<Record<string, string>> = {
  power_of_two: 'fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }',
  // Taylor's series after the powers of two are taken off; the scale in two factors, since one alone may overflow
  scaled_exp: `
fn scaled_exp(r: f32, n: i32) -> f32 {
  let p = 1.0 + r * (1.0 + r * (1.0 / 2.0 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0))))));
  let half = n / 2;
  return p * power_of_two(half) * power_of_two(n - half);
}`,
  precise_exp: `
fn precise_exp(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (x > 88.722839) { return infinity(); }
  if (x < -104.0) { return 0.0; }
  let n = round(x * 1.4426950408889634);
  return scaled_exp((x - n * 0.693359375) + n * 2.1219444005469057e-4, i32(n));
}`,
  precise_expm1: `
fn precise_expm1(x: f32) -> f32 {
  if (abs(x) > 0.5 || is_nan(x)) { return precise_exp(x) - 1.0; }
  return x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x * (1.0 / 5040.0 + x / 40320.0)))))));
}`,
  // log((1 + s) / (1 - s)) for |s| < 0.18
  log_ratio: `
fn log_ratio(s: f32) -> f32 {
  let z = s * s;
  return 2.0 * s * (1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z / 11.0)))));
}`,
  precise_log: `
fn precise_log(x: f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return not_a_number(); }
  if (x == 0.0) { return -infinity(); }
  if (is_infinite(x)) { return x; }
  let bits = bitcast<u32>(x);
  var exponent = f32(i32(bits >> 23u) - 127);
  var mantissa = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  if (mantissa > 1.41421356) { mantissa *= 0.5; exponent += 1.0; }
  let rest = log_ratio((mantissa - 1.0) / (mantissa + 1.0));
  return exponent * 0.693359375 + (rest - exponent * 2.1219444005469057e-4);
}`,
  precise_log1p: `
fn precise_log1p(x: f32) -> f32 {
  if (abs(x) < 0.3) { return log_ratio(x / (2.0 + x)); }
  return precise_log(1.0 + x);
}`,
  precise_tanh: `
fn precise_tanh(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let e = precise_expm1(2.0 * clamp(x, -10.0, 10.0));
  return e / (e + 2.0);
}`,
  precise_sigmoid: `
fn precise_sigmoid(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let e = precise_exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}`,
  precise_softplus: `
fn precise_softplus(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  return max(x, 0.0) + precise_log1p(precise_exp(-abs(x)));
}`,
  // π/2 in three parts, of which the first two have few digits, so that their multiples are exact: good for |x| < 10⁴;
  // beyond 10⁷ nothing is left of the angle, and only that it is one
  quarter_turns: `
fn quarter_turns(x: f32) -> vec2f {
  let n = round(x * 0.6366197723675814);
  let r = ((x - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549789954891882e-8;
  return vec2f(clamp(r, -0.8, 0.8), select(n, 0.0, abs(n) > 1e9));
}`,
  sin_near_zero: `
fn sin_near_zero(r: f32) -> f32 {
  let z = r * r;
  return r * (1.0 - z * (1.0 / 6.0 - z * (1.0 / 120.0 - z * (1.0 / 5040.0 - z / 362880.0))));
}`,
  cos_near_zero: `
fn cos_near_zero(r: f32) -> f32 {
  let z = r * r;
  return 1.0 - z * (0.5 - z * (1.0 / 24.0 - z * (1.0 / 720.0 - z * (1.0 / 40320.0 - z / 3628800.0))));
}`,
  sin_of_quarter: `
fn sin_of_quarter(r: f32, quarter: i32) -> f32 {
  let value = select(sin_near_zero(r), cos_near_zero(r), (quarter & 1) == 1);
  return select(value, -value, (quarter & 2) == 2);
}`,
  precise_sin: `
fn precise_sin(x: f32) -> f32 {
  if (is_nan(x) || is_infinite(x)) { return not_a_number(); }
  let turned = quarter_turns(x);
  return sin_of_quarter(turned.x, i32(turned.y));
}`,
  precise_cos: `
fn precise_cos(x: f32) -> f32 {
  if (is_nan(x) || is_infinite(x)) { return not_a_number(); }
  let turned = quarter_turns(x);
  return sin_of_quarter(turned.x, i32(turned.y) + 1);
}`,
  // of what lies beyond tan(π/8), the part from π/4 on
  precise_atan: `
fn precise_atan(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let size = abs(x);
  var t = select(size, 1.0 / size, size > 1.0);
  var base = 0.0;
  if (t > 0.41421356) { t = (t - 1.0) / (t + 1.0); base = 0.7853981633974483; }
  let z = t * t;
  var angle = base + t * (1.0 - z * (1.0 / 3.0 - z * (1.0 / 5.0 - z * (1.0 / 7.0 - z * (1.0 / 9.0 - z * (1.0 / 11.0 - z * (1.0 / 13.0 - z * (1.0 / 15.0 - z / 17.0))))))));
  if (size > 1.0) { angle = 1.5707963267948966 - angle; }
  return select(angle, -angle, x < 0.0);
}`,
  precise_atan2: `
fn precise_atan2(y: f32, x: f32) -> f32 {
  if (is_nan(x) || is_nan(y)) { return not_a_number(); }
  let negative = (bitcast<u32>(x) >> 31u) == 1u;
  var angle: f32;
  if (is_infinite(x) && is_infinite(y)) { angle = 0.7853981633974483; }
  else if (y == 0.0 || is_infinite(x)) { angle = 0.0; }
  else if (x == 0.0 || is_infinite(y)) { angle = 1.5707963267948966; }
  else { angle = precise_atan(abs(y / x)); }
  if (negative) { angle = 3.141592653589793 - angle; }
  return select(angle, -angle, (bitcast<u32>(y) >> 31u) == 1u);
}`,
  // exact: what is left after the multiples of the divisor by powers of two are taken off
  precise_rem: `
fn precise_rem(a: f32, b: f32) -> f32 {
  if (is_nan(a) || is_nan(b) || is_infinite(a) || b == 0.0) { return not_a_number(); }
  if (is_infinite(b) || abs(a) < abs(b)) { return a; }
  let divisor = abs(b);
  var rest = abs(a);
  for (var n = i32(bitcast<u32>(rest) >> 23u) - i32(bitcast<u32>(divisor) >> 23u); n >= 0; n--) {
    let half = n / 2;
    let part = divisor * power_of_two(half) * power_of_two(n - half);
    if (rest >= part) { rest -= part; }
  }
  return select(rest, -rest, a < 0.0);
}`,
  // as JavaScript makes whole numbers: the lowest 32 bits of what is left of the point, 0 of NaN and infinities
  whole_of: `
fn whole_of(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let exponent = i32((bits >> 23u) & 255u) - 127;
  if (exponent < 31) { return i32(x); }
  if (exponent > 54) { return 0; }
  let size = i32(((bits & 0x7fffffu) | 0x800000u) << u32(exponent - 23));
  return select(size, -size, (bits >> 31u) == 1u);
}`,
  // the whole part of b · log2 a apart from the rest, so that large exponents keep their digits
  power_of_positive: `
fn power_of_positive(a: f32, power: f32) -> f32 {
  // what lies beyond gives 0 or infinity too
  let b = clamp(power, -1e10, 1e10);
  let bits = bitcast<u32>(a);
  var exponent = f32(i32(bits >> 23u) - 127);
  var mantissa = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  if (mantissa > 1.41421356) { mantissa *= 0.5; exponent += 1.0; }
  let coarse = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let fine = b - coarse;
  let whole = round(coarse * exponent + fine * exponent);
  let part = (coarse * exponent - whole) + fine * exponent;
  let rest = part * 0.6931471805599453 + b * log_ratio((mantissa - 1.0) / (mantissa + 1.0));
  let more = round(rest * 1.4426950408889634);
  let n = whole + more;
  if (n > 128.0) { return infinity(); }
  if (n < -150.0) { return 0.0; }
  return scaled_exp((rest - more * 0.693359375) + more * 2.1219444005469057e-4, i32(n));
}`,
  precise_pow: `
fn precise_pow(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return 1.0; }
  if (is_nan(a) || is_nan(b)) { return not_a_number(); }
  let size = abs(a);
  if (is_infinite(b)) {
    if (size == 1.0) { return not_a_number(); }
    return select(0.0, infinity(), (size > 1.0) == (b > 0.0));
  }
  let whole = floor(b) == b;
  let odd = whole && abs(b) < 16777216.0 && (i32(b) & 1) == 1;
  var value: f32;
  if (size == 0.0) { value = select(0.0, infinity(), b < 0.0); }
  else if (is_infinite(size)) { value = select(infinity(), 0.0, b < 0.0); }
  else if (b == 1.0) { value = size; }
  else if (b == 2.0) { value = size * size; }
  else if (b == 3.0) { value = size * size * size; }
  else if (b == 0.5) { value = sqrt(size); }
  else if (b == -1.0) { value = 1.0 / size; }
  else { value = power_of_positive(size, b); }
  if ((bitcast<u32>(a) >> 31u) == 0u) { return value; }
  if (!whole && size != 0.0 && !is_infinite(size)) { return not_a_number(); }
  return select(value, -value, odd);
}`,
};
