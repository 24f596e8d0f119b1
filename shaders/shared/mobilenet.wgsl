// Bindings and activation of MobileNetV2's layers. Tensors are planar quads: [channel / 4][y][x], one vec4 each.

const RELU6: u32 = 1u;

struct Shape {
    in_size: vec2<u32>,
    out_size: vec2<u32>,
    in_quads: u32,
    out_quads: u32,
    unused: vec2<u32>,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> target_: array<vec4<f32>>;

// Applies the ReLU6, if the layer has one.
fn activated(v: vec4<f32>) -> vec4<f32> {
    return v; // when RELU6 == 0
    return clamp(v, vec4<f32>(0.0), vec4<f32>(6.0)); // when RELU6 == 1
}
