// Mean and variance of planes, for instance normalization in training. One workgroup per plane. They are computed in two passes,
// because E[x^2] - E[x]^2 suffers from cancellation.
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

const THREADS: u32 = 64u;
const EPSILON: f32 = 1e-5;

var<workgroup> sums: array<f32, 64>;
var<workgroup> squares: array<f32, 64>;

// Returns mean and variance of the `pixels` values of `source` from `first` on. All threads of the workgroup must call it.
fn moments(first: u32, pixels: u32, thread: u32) -> vec2<f32> {
    var part = 0.0;
    for (var i = thread; i < pixels; i += THREADS) {
        part += source[first + i];
    }
    sums[thread] = part;
    workgroupBarrier();
    var mean = 0.0;
    for (var i = 0u; i < THREADS; i++) {
        mean += sums[i];
    }
    mean /= f32(pixels);
    part = 0.0;
    for (var i = thread; i < pixels; i += THREADS) {
        let off = source[first + i] - mean;
        part += off * off;
    }
    squares[thread] = part;
    workgroupBarrier();
    var variance = 0.0;
    for (var i = 0u; i < THREADS; i++) {
        variance += squares[i];
    }
    return vec2<f32>(mean, variance / f32(pixels));
}
