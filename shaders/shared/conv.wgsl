// Bindings of the convolutions and access to their input. Tensors are planar quads: [channel / 4][y][x], one vec4 each.

const BORDER: u32 = 0u; // 0: reflect, 1: clamp
const PHASES: u32 = 1u; // 4: the output has twice the size of the thread grid
const IN_QUADS: u32 = 8u;
const OUT_QUADS: u32 = 8u;
const RESIDUAL: u32 = 0u; // 1: the input is the sum of two tensors; 2: the sum is also written

const SCALE = 1u; // when PHASES == 1
const SCALE = 2u; // when PHASES == 4

alias Quad = vec4<f32>; // type of storage and multiplication

struct Shape {
    in_size: vec2<u32>,
    out_size: vec2<u32>,
    in_norm: u32, // offset of the input's (a, b) pairs in `norms`
    skip_norm: u32,
    in_low: f32, // lower bound after normalization: 0 for ReLU
    skip_low: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> source: array<Quad>;
@group(0) @binding(3) var<storage, read> norms: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> target_: array<Quad>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> skip: array<Quad>; // when RESIDUAL >= 1
@group(0) @binding(7) var<storage, read_write> sum: array<Quad>; // when RESIDUAL == 2

// Normalization of a quad of channels of the input and, for a residual sum, of the skip branch.
struct Norm {
    a: vec4<f32>,
    b: vec4<f32>,
    skip_a: vec4<f32>, // when RESIDUAL >= 1
    skip_b: vec4<f32>, // when RESIDUAL >= 1
}

fn input_norm(quad: u32) -> Norm {
    let n = shape.in_norm + 2u * quad;
    return Norm(norms[n], norms[n + 1u]); // when RESIDUAL == 0
    // when RESIDUAL >= 1
    let s = shape.skip_norm + 2u * quad;
    return Norm(norms[n], norms[n + 1u], norms[s], norms[s + 1u]);
    // end when
}

// Returns the input at `i` after normalization, ReLU and, for a residual sum, addition of the skip branch.
fn load(i: u32, norm: Norm) -> Quad {
    var v = max(vec4<f32>(source[i]) * norm.a + norm.b, vec4<f32>(shape.in_low));
    v += max(vec4<f32>(skip[i]) * norm.skip_a + norm.skip_b, vec4<f32>(shape.skip_low)); // when RESIDUAL >= 1
    return Quad(v);
}

// Returns the coordinate in the picture whose value is used at `i`. Coordinates of threads beyond the picture are clamped.
fn border_index(i: i32, n: u32) -> u32 {
    let last = i32(n) - 1;
    return u32(clamp(last - abs(last - abs(i)), 0, last)); // when BORDER == 0
    return u32(clamp(i, 0, last)); // when BORDER == 1
}
