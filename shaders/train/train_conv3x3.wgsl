// Dense 3x3 convolution at stride 1 with zero padding, bias and optional ReLU, for training. A thread computes 8 pixels of 2
// columns x 4 channels, so that a loaded pixel is used for both columns and all taps. Threads are numbered along rows, so that
// small layers leave no threads idle, adjacent threads read adjacent values, and all threads of a workgroup read the same
// weights. The loop has no branches, because on some software adapters a load behind a branch is expensive.
// Reference: src/reference/convolution.rs with the bias and the ReLU of src/reference/layers.rs.
//
// Tensors have burn's layout: [picture][channel][y][x]. Weights are [input][tap][output / 4], one vec4 each; taps are in row
// order.

struct Shape {
    width: u32,
    height: u32,
    inputs: u32,
    outputs: u32,
    out_quads: u32, // of weights and bias
    rectified: u32, // 1: ReLU
}

// Ten adjacent pixels of a column: the 8 pixels of a thread and one on each side.
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

// Returns column `x` of the plane that begins at `plane`, from the pixel above `y0` on, with zeros beyond the border. Left of the
// first column, the unsigned `x` wraps to a value outside of every picture.
fn load(plane: u32, x: u32, y0: u32) -> Line {
    let inside = x < shape.width;
    let column = plane + min(x, shape.width - 1u);
    let beyond = vec4<u32>(y0) + vec4<u32>(3u, 4u, 5u, 6u);
    let outer = vec2<u32>(y0) + vec2<u32>(7u, 8u);
    let last = shape.height - 1u;
    let near = vec4<u32>(max(y0, 1u) - 1u, y0, min(y0 + 1u, last), min(y0 + 2u, last)) * shape.width;
    let far = min(beyond, vec4<u32>(last)) * shape.width;
    let end = min(outer, vec2<u32>(last)) * shape.width;
    let near_inside = vec4<bool>(y0 > 0u, true, y0 < last, y0 + 1u < last) & vec4<bool>(inside);
    let far_inside = (beyond <= vec4<u32>(last)) & vec4<bool>(inside);
    let end_inside = (outer <= vec2<u32>(last)) & vec2<bool>(inside);
    let near_values =
        vec4<f32>(source[column + near.x], source[column + near.y], source[column + near.z], source[column + near.w]);
    let far_values =
        vec4<f32>(source[column + far.x], source[column + far.y], source[column + far.z], source[column + far.w]);
    let end_values = vec2<f32>(source[column + end.x], source[column + end.y]);
    return Line(
        select(vec4<f32>(), near_values, near_inside),
        select(vec4<f32>(), far_values, far_inside),
        select(vec2<f32>(), end_values, end_inside),
    );
}

// Applies a column of taps to the first four pixels of a thread (`near`) and to the other four (`far`). Result columns are
// pixels.
fn near(w: mat3x4<f32>, line: Line) -> mat4x4<f32> {
    return w * mat4x3<f32>(line.near.xyz, line.near.yzw, vec3<f32>(line.near.zw, line.far.x), vec3<f32>(line.near.w, line.far.xy));
}

fn far(w: mat3x4<f32>, line: Line) -> mat4x4<f32> {
    return w * mat4x3<f32>(line.far.xyz, line.far.yzw, vec3<f32>(line.far.zw, line.end.x), vec3<f32>(line.far.w, line.end));
}

// Writes the first `count` of 8 vertically adjacent pixels.
fn store(base: u32, count: u32, upper: vec4<f32>, lower: vec4<f32>) {
    let width = shape.width;
    target_[base] = upper.x;
    if (count > 1u) { target_[base + width] = upper.y; }
    if (count > 2u) { target_[base + 2u * width] = upper.z; }
    if (count > 3u) { target_[base + 3u * width] = upper.w; }
    if (count > 4u) { target_[base + 4u * width] = lower.x; }
    if (count > 5u) { target_[base + 5u * width] = lower.y; }
    if (count > 6u) { target_[base + 6u * width] = lower.z; }
    if (count > 7u) { target_[base + 7u * width] = lower.w; }
}

// Writes a quad of channels, without channels beyond the last.
fn store_quad(quad: u32, picture: u32, pixel: u32, count: u32, upper: mat4x4<f32>, lower: mat4x4<f32>) {
    let low = vec4<f32>(select(-3.4e38, 0.0, shape.rectified == 1u));
    let near = transpose(upper);
    let far = transpose(lower);
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
    let across = (width + 1u) / 2u;
    let x = id.x % across * 2u;
    let y0 = id.x / across * 8u;
    if (y0 >= height) {
        return;
    }
    let start = bias[id.y];
    var upper_left = mat4x4<f32>(start, start, start, start);
    var lower_left = upper_left;
    var upper_right = upper_left;
    var lower_right = upper_left;
    let next = shape.out_quads;
    for (var input = 0u; input < shape.inputs; input++) {
        let plane = (id.z * shape.inputs + input) * height * width;
        let a = load(plane, x - 1u, y0);
        let b = load(plane, x, y0);
        let c = load(plane, x + 1u, y0);
        let d = load(plane, x + 2u, y0);
        let w = input * 9u * next + id.y;
        let left = mat3x4<f32>(weights[w], weights[w + 3u * next], weights[w + 6u * next]);
        upper_left += near(left, a);
        lower_left += far(left, a);
        upper_right += near(left, b);
        lower_right += far(left, b);
        let centre = mat3x4<f32>(weights[w + next], weights[w + 4u * next], weights[w + 7u * next]);
        upper_left += near(centre, b);
        lower_left += far(centre, b);
        upper_right += near(centre, c);
        lower_right += far(centre, c);
        let right = mat3x4<f32>(weights[w + 2u * next], weights[w + 5u * next], weights[w + 8u * next]);
        upper_left += near(right, c);
        lower_left += far(right, c);
        upper_right += near(right, d);
        lower_right += far(right, d);
    }
    let count = min(8u, height - y0);
    let pixel = y0 * width + x;
    store_quad(id.y, id.z, pixel, count, upper_left, lower_left);
    if (x + 1u < width) {
        store_quad(id.y, id.z, pixel + 1u, count, upper_right, lower_right);
    }
}
