// Depthwise 3x3 convolution with zero padding, its bias and ReLU6 (Howard et al. 2017, "MobileNets"). A thread computes 4 pixels
// of a row of one quad of channels. Reference: depthwise in src/reference/convolution.rs, bias in src/reference/layers.rs.

const STRIDE: u32 = 1u; // 1 or 2
const PAD: u32 = 1u; // zeros before the first row and column; after the last, as many as are read
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
@group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>; // [quad][ky][kx]
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> target_: array<vec4<f32>>;

// Returns the pixel at `x` of the row that begins at `row`, or zeros beyond its ends.
fn load(row: u32, x: i32) -> vec4<f32> {
    let inside = x >= 0 && x < i32(shape.in_size.x);
    let v = source[row + u32(clamp(x, 0, i32(shape.in_size.x) - 1))];
    return select(vec4<f32>(), v, inside);
}

fn store(i: u32, value: vec4<f32>) {
    var v = value;
    v = clamp(v, vec4<f32>(0.0), vec4<f32>(6.0)); // when RELU6 == 1
    target_[i] = v;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x0 = id.x * 4u;
    let quad = id.z;
    if (x0 >= shape.out_size.x || id.y >= shape.out_size.y) {
        return;
    }
    let x = i32(x0 * STRIDE) - i32(PAD);
    var s0 = bias[quad];
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (var ky = 0u; ky < 3u; ky++) {
        let y = i32(id.y * STRIDE + ky) - i32(PAD);
        if (y < 0 || y >= i32(shape.in_size.y)) {
            continue;
        }
        let row = (quad * shape.in_size.y + u32(y)) * shape.in_size.x;
        let w = (quad * 3u + ky) * 3u;
        let w0 = weights[w];
        let w1 = weights[w + 1u];
        let w2 = weights[w + 2u];
        let v0 = load(row, x);
        let v1 = load(row, x + 1);
        let v2 = load(row, x + 2);
        let v3 = load(row, x + 3);
        let v4 = load(row, x + 4);
        let v5 = load(row, x + 5);
        let v6 = load(row, x + 6); // when STRIDE == 2
        let v7 = load(row, x + 7); // when STRIDE == 2
        let v8 = load(row, x + 8); // when STRIDE == 2
        s0 += w0 * v0 + w1 * v1 + w2 * v2;
        s1 += w0 * v1 + w1 * v2 + w2 * v3; // when STRIDE == 1
        s2 += w0 * v2 + w1 * v3 + w2 * v4; // when STRIDE == 1
        s3 += w0 * v3 + w1 * v4 + w2 * v5; // when STRIDE == 1
        s1 += w0 * v2 + w1 * v3 + w2 * v4; // when STRIDE == 2
        s2 += w0 * v4 + w1 * v5 + w2 * v6; // when STRIDE == 2
        s3 += w0 * v6 + w1 * v7 + w2 * v8; // when STRIDE == 2
    }
    let base = (quad * shape.out_size.y + id.y) * shape.out_size.x + x0;
    let count = shape.out_size.x - x0;
    store(base, s0);
    if (count > 1u) { store(base + 1u, s1); }
    if (count > 2u) { store(base + 2u, s2); }
    if (count > 3u) { store(base + 3u, s3); }
}
