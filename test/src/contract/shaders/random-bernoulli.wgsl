// hourglass-random-bernoulli|>y:f32|FLOAT=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, a: u32, b: u32, c: u32, d: u32, count: u32, limit: u32, always: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
const FLOAT = true;
const jumps = array<vec4u, 22>(
  vec4u(2025656663u, 3028852833u, 2005928482u, 241710331u),
  vec4u(2064381082u, 1095956291u, 1142001051u, 953332790u),
  vec4u(2220493233u, 2494909345u, 1346018022u, 1601873151u),
  vec4u(169805494u, 3974610062u, 2595606286u, 2014255853u),
  vec4u(2412771539u, 3597356889u, 133048186u, 3946727797u),
  vec4u(2317973929u, 1625385328u, 2332151419u, 3385970226u),
  vec4u(3573382022u, 1471736218u, 944981821u, 3999425249u),
  vec4u(2131255805u, 2716487025u, 2721218390u, 1719746739u),
  vec4u(144853286u, 800342421u, 1838246622u, 1311183639u),
  vec4u(3546245874u, 1182236683u, 2066282009u, 2210161357u),
  vec4u(234672759u, 1177705664u, 1940343174u, 431083202u),
  vec4u(3099960998u, 2548054359u, 3121466703u, 3994483052u),
  vec4u(1481314991u, 1930864589u, 2049681680u, 1409157687u),
  vec4u(146082473u, 2029369751u, 3056702357u, 1717219081u),
  vec4u(761274862u, 1331995044u, 195740674u, 349954898u),
  vec4u(4283503085u, 2363297967u, 2509669966u, 1971648065u),
  vec4u(776703264u, 1817159768u, 1621245847u, 1824370327u),
  vec4u(2412822957u, 2372745580u, 455772329u, 1409929324u),
  vec4u(118209922u, 953968856u, 3807956978u, 439842355u),
  vec4u(3740207825u, 812489595u, 1978952902u, 1856227558u),
  vec4u(990979372u, 407494607u, 2204142348u, 1114715468u),
  vec4u(2076605277u, 1771875338u, 3632826495u, 2296830830u)
);
var<workgroup> words: array<u32, 64>;
var<private> state: vec4u;
fn draw() -> u32 {
  let sum = state.x + state.w;
  let result = ((sum << 7u) | (sum >> 25u)) + state.x;
  let t = state.y << 9u;
  state.z ^= state.x;
  state.w ^= state.y;
  state.y ^= state.z;
  state.x ^= state.w;
  state.z ^= t;
  state.w = (state.w << 11u) | (state.w >> 21u);
  return result;
}
fn jump(polynomial: vec4u) {
  var total = vec4u();
  for (var i = 0u; i < 128u; i++) {
    if (((polynomial[i / 32u] >> (i % 32u)) & 1u) == 1u) { total ^= state; }
    _ = draw();
  }
  state = total;
}
fn compute(group: vec3u, local: u32) {
  let number = group.x * 64u + local;
  state = vec4u(uniforms.a, uniforms.b, uniforms.c, uniforms.d);
  var polynomials = jumps;
  for (var bit = 0u; (number >> bit) != 0u; bit++) {
    if (((number >> bit) & 1u) == 1u) { jump(polynomials[bit]); }
  }
  for (var batch = 0u; batch < 8u; batch++) {
    var word = 0u;
    for (var i = 0u; i < 32u; i++) {
      let value = draw();
      if (value < uniforms.limit || uniforms.always == 1u) { word |= 1u << i; }
    }
    workgroupBarrier();
    words[local] = word;
    workgroupBarrier();
    for (var i = local; i < 2048u; i += 64u) {
      let at = (group.x * 64u + i / 32u) * 256u + batch * 32u + i % 32u;
      if (at < uniforms.count) { y[at] = f32((words[i / 32u] >> (i % 32u)) & 1u); }
    }
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
