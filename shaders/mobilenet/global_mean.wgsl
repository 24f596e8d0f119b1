// Mean of each channel. One workgroup per quad of channels. Reference: global_mean in src/reference/layers.rs.

struct Shape {
    in_size: vec2<u32>,
    out_size: vec2<u32>,
    in_quads: u32,
    out_quads: u32,
    unused: vec2<u32>,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> target_: array<vec4<f32>>;

var<workgroup> totals: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let pixels = shape.in_size.x * shape.in_size.y;
    var sum = vec4<f32>();
    for (var i = local; i < pixels; i += 64u) {
        sum += source[group.x * pixels + i];
    }
    totals[local] = sum;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (local < half) {
            totals[local] += totals[local + half];
        }
    }
    if (local == 0u) {
        target_[group.x] = totals[0] / f32(pixels);
    }
}
