// Dense 3x3 convolution at stride 1 over a border of zeros, with bias and ReLU, for the networks of the studio: a thread makes
// 8 pixels of 2 rows x 4 channels, so that a pixel, once loaded, serves both rows and every tap. Threads are counted along
// rows, so that small layers leave none idle, and all of a workgroup read the same weights. Nothing in the loop branches: some
// software adapters pay for every load behind a branch. Twin: src/cpu/conv.rs with the bias and the ReLU of src/cpu/layers.rs.
//
// Tensors are burn's: [picture][channel][y][x]. Weights are [input][tap][output / 4], one vec4 each, rows of taps first.

struct Shape {
    width: u32,
    height: u32,
    inputs: u32,
    outputs: u32,
    out_quads: u32, // of weights and bias
    rectified: u32, // 1: ReLU
}

// Ten neighbours in a row: the pixels of a thread and one on each side.
struct Line {
    near: vec4<f32>,
    far: vec4<f32>,
    end: vec2<f32>,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> target_: array<f32>;
@group(0) @binding(4) var<storage, read> shape: Shape;

// Row `y` of the plane whose first row is `plane`, from the pixel before `x0` on; zeros beyond the border. Above the first row
// `y` wraps around, beyond every picture.
fn load(plane: u32, y: u32, x0: u32) -> Line {
    let row = (plane + min(y, shape.height - 1u)) * shape.width;
    let inside = y < shape.height;
    let beyond = vec4<u32>(x0) + vec4<u32>(3u, 4u, 5u, 6u);
    let outer = vec2<u32>(x0) + vec2<u32>(7u, 8u);
    let last = shape.width - 1u;
    let near = vec4<u32>(max(x0, 1u) - 1u, x0, min(x0 + 1u, last), min(x0 + 2u, last));
    let far = min(beyond, vec4<u32>(last));
    let end = min(outer, vec2<u32>(last));
    let near_inside = vec4<bool>(x0 > 0u, true, x0 < last, x0 + 1u < last) & vec4<bool>(inside);
    let far_inside = (beyond <= vec4<u32>(last)) & vec4<bool>(inside);
    let end_inside = (outer <= vec2<u32>(last)) & vec2<bool>(inside);
    let near_values = vec4<f32>(source[row + near.x], source[row + near.y], source[row + near.z], source[row + near.w]);
    let far_values = vec4<f32>(source[row + far.x], source[row + far.y], source[row + far.z], source[row + far.w]);
    let end_values = vec2<f32>(source[row + end.x], source[row + end.y]);
    return Line(
        select(vec4<f32>(), near_values, near_inside),
        select(vec4<f32>(), far_values, far_inside),
        select(vec2<f32>(), end_values, end_inside),
    );
}

// Three taps over the first four pixels of a thread, and over the other four: columns are pixels.
fn near(w: mat3x4<f32>, line: Line) -> mat4x4<f32> {
    return w * mat4x3<f32>(line.near.xyz, line.near.yzw, vec3<f32>(line.near.zw, line.far.x), vec3<f32>(line.near.w, line.far.xy));
}

fn far(w: mat3x4<f32>, line: Line) -> mat4x4<f32> {
    return w * mat4x3<f32>(line.far.xyz, line.far.yzw, vec3<f32>(line.far.zw, line.end.x), vec3<f32>(line.far.w, line.end));
}

// Writes the first `count` pixels of a run of 8.
fn store(base: u32, count: u32, left: vec4<f32>, right: vec4<f32>) {
    target_[base] = left.x;
    if (count > 1u) { target_[base + 1u] = left.y; }
    if (count > 2u) { target_[base + 2u] = left.z; }
    if (count > 3u) { target_[base + 3u] = left.w; }
    if (count > 4u) { target_[base + 4u] = right.x; }
    if (count > 5u) { target_[base + 5u] = right.y; }
    if (count > 6u) { target_[base + 6u] = right.z; }
    if (count > 7u) { target_[base + 7u] = right.w; }
}

// Writes a quad of channels, those of them that there are.
fn store_quad(quad: u32, picture: u32, pixel: u32, count: u32, left: mat4x4<f32>, right: mat4x4<f32>) {
    let low = vec4<f32>(select(-3.4e38, 0.0, shape.rectified == 1u));
    let near = transpose(left);
    let far = transpose(right);
    let plane = shape.width * shape.height;
    let channel = quad * 4u;
    let base = (picture * shape.outputs + channel) * plane + pixel;
    store(base, count, max(near[0], low), max(far[0], low));
    if (channel + 1u < shape.outputs) { store(base + plane, count, max(near[1], low), max(far[1], low)); }
    if (channel + 2u < shape.outputs) { store(base + 2u * plane, count, max(near[2], low), max(far[2], low)); }
    if (channel + 3u < shape.outputs) { store(base + 3u * plane, count, max(near[3], low), max(far[3], low)); }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let width = shape.width;
    let height = shape.height;
    let across = (width + 7u) / 8u;
    let x0 = id.x % across * 8u;
    let y = id.x / across * 2u;
    if (y >= height) {
        return;
    }
    let start = bias[id.y];
    var upper_left = mat4x4<f32>(start, start, start, start);
    var upper_right = upper_left;
    var lower_left = upper_left;
    var lower_right = upper_left;
    let next = shape.out_quads;
    for (var input = 0u; input < shape.inputs; input++) {
        let plane = (id.z * shape.inputs + input) * height;
        let a = load(plane, y - 1u, x0);
        let b = load(plane, y, x0);
        let c = load(plane, y + 1u, x0);
        let d = load(plane, y + 2u, x0);
        let w = input * 9u * next + id.y;
        let top = mat3x4<f32>(weights[w], weights[w + next], weights[w + 2u * next]);
        upper_left += near(top, a);
        upper_right += far(top, a);
        lower_left += near(top, b);
        lower_right += far(top, b);
        let middle = mat3x4<f32>(weights[w + 3u * next], weights[w + 4u * next], weights[w + 5u * next]);
        upper_left += near(middle, b);
        upper_right += far(middle, b);
        lower_left += near(middle, c);
        lower_right += far(middle, c);
        let bottom = mat3x4<f32>(weights[w + 6u * next], weights[w + 7u * next], weights[w + 8u * next]);
        upper_left += near(bottom, c);
        upper_right += far(bottom, c);
        lower_left += near(bottom, d);
        lower_right += far(bottom, d);
    }
    let count = min(8u, width - x0);
    let pixel = y * width + x0;
    store_quad(id.y, id.z, pixel, count, upper_left, upper_right);
    if (y + 1u < height) {
        store_quad(id.y, id.z, pixel + width, count, lower_left, lower_right);
    }
}
