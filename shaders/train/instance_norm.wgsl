// Instance normalization of planes with scale, shift and optional ReLU, for training. One workgroup per plane. Mean and variance
// are computed in two passes, because E[x^2] - E[x]^2 suffers from cancellation. Reference: instance_norm in
// src/reference/layers.rs, followed by a ReLU.
//
// Tensors have burn's layout: [picture][channel][pixel].

struct Shape {
    channels: u32,
    pixels: u32,
    rectified: u32, // 1: ReLU
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> shift: array<f32>;
@group(0) @binding(3) var<storage, read_write> target_: array<f32>;
@group(0) @binding(4) var<storage, read> shape: Shape;

const THREADS: u32 = 64u;
const EPSILON: f32 = 1e-5;

var<workgroup> sums: array<f32, 64>;
var<workgroup> squares: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let channel = group.x;
    let first = (group.y * shape.channels + channel) * shape.pixels;
    let count = f32(shape.pixels);
    var part = 0.0;
    for (var i = thread; i < shape.pixels; i += THREADS) {
        part += source[first + i];
    }
    sums[thread] = part;
    workgroupBarrier();
    var mean = 0.0;
    for (var i = 0u; i < THREADS; i++) {
        mean += sums[i];
    }
    mean /= count;
    part = 0.0;
    for (var i = thread; i < shape.pixels; i += THREADS) {
        let off = source[first + i] - mean;
        part += off * off;
    }
    squares[thread] = part;
    workgroupBarrier();
    var variance = 0.0;
    for (var i = 0u; i < THREADS; i++) {
        variance += squares[i];
    }
    variance /= count;
    let a = scale[channel] / sqrt(variance + EPSILON);
    let b = shift[channel];
    let low = select(-3.4e38, 0.0, shape.rectified == 1u);
    for (var i = thread; i < shape.pixels; i += THREADS) {
        // The mean is subtracted first: in `x * a + (b - mean * a)`, the large terms cancel to different roundings if a driver fuses
        // the multiplication and the addition.
        target_[first + i] = max((source[first + i] - mean) * a + b, low);
    }
}
