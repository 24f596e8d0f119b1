// Product of a symmetric matrix with the channels of features: the backward pass of the Gram matrix. A thread computes 16
// channels of 4 pixels. The pixels of a thread are THREADS apart, so that adjacent threads read adjacent values; all threads of a
// workgroup read the same part of the matrix. Reference: symmetric_product in src/reference/layers.rs.
//
// Features are [picture][channel][pixel], the matrix is [picture][channel][channel]; channels are a multiple of 16.

struct Shape {
    channels: u32,
    pixels: u32,
}

@group(0) @binding(0) var<storage, read> matrix: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> features: array<f32>;
@group(0) @binding(2) var<storage, read_write> target_: array<f32>;
@group(0) @binding(3) var<storage, read> shape: Shape;

const THREADS: u32 = 64u;

// Writes four channels of one pixel.
fn store_quad(place: u32, value: vec4<f32>) {
    let next = shape.pixels;
    target_[place] = value.x;
    target_[place + next] = value.y;
    target_[place + 2u * next] = value.z;
    target_[place + 3u * next] = value.w;
}

fn store(place: u32, sums: mat4x4<f32>) {
    let next = 4u * shape.pixels;
    store_quad(place, sums[0]);
    store_quad(place + next, sums[1]);
    store_quad(place + 2u * next, sums[2]);
    store_quad(place + 3u * next, sums[3]);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let pixels = vec4<u32>(group.x * 4u * THREADS + thread) + vec4<u32>(0u, 1u, 2u, 3u) * THREADS;
    if (pixels.x >= shape.pixels) {
        return;
    }
    let inside = min(pixels, vec4<u32>(shape.pixels - 1u));
    let plane = group.z * shape.channels;
    var a = mat4x4<f32>();
    var b = mat4x4<f32>();
    var c = mat4x4<f32>();
    var d = mat4x4<f32>();
    for (var channel = 0u; channel < shape.channels; channel++) {
        // The matrix is symmetric, so its rows are its columns.
        let quad = ((plane + channel) * shape.channels) / 4u + group.y * 4u;
        let weights = mat4x4<f32>(matrix[quad], matrix[quad + 1u], matrix[quad + 2u], matrix[quad + 3u]);
        let places = (plane + channel) * shape.pixels + inside;
        a += features[places.x] * weights;
        b += features[places.y] * weights;
        c += features[places.z] * weights;
        d += features[places.w] * weights;
    }
    let first = (plane + group.y * 16u) * shape.pixels;
    store(first + pixels.x, a);
    if (pixels.y < shape.pixels) { store(first + pixels.y, b); }
    if (pixels.z < shape.pixels) { store(first + pixels.z, c); }
    if (pixels.w < shape.pixels) { store(first + pixels.w, d); }
}
