// Backward pass of instance_norm.wgsl: gradients of the source and, per plane, of scale and shift. One workgroup per plane. The
// normalized values are recomputed instead of stored. Reference: instance_norm_back in src/reference/layers.rs.

struct Shape {
    channels: u32,
    pixels: u32,
    rectified: u32, // 1: ReLU
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> shift: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> target_: array<f32>;
@group(0) @binding(5) var<storage, read_write> of_style: array<vec2<f32>>; // [picture][channel]: scale, shift
@group(0) @binding(6) var<storage, read> shape: Shape;

const THREADS: u32 = 64u;
const EPSILON: f32 = 1e-5;

var<workgroup> sums: array<f32, 64>;
var<workgroup> squares: array<f32, 64>;
var<workgroup> products: array<vec2<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let channel = group.x;
    let plane = group.y * shape.channels + channel;
    let first = plane * shape.pixels;
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
    let inverse = 1.0 / sqrt(variance / count + EPSILON);
    let a = scale[channel];
    let b = shift[channel];
    // The gradient is zero where the ReLU's output is zero.
    let low = select(-3.4e38, 0.0, shape.rectified == 1u);
    var both = vec2<f32>();
    for (var i = thread; i < shape.pixels; i += THREADS) {
        let normal = (source[first + i] - mean) * inverse;
        let passed = select(0.0, gradient[first + i], normal * a + b > low);
        both += vec2<f32>(passed * normal, passed);
    }
    products[thread] = both;
    workgroupBarrier();
    both = vec2<f32>();
    for (var i = 0u; i < THREADS; i++) {
        both += products[i];
    }
    if (thread == 0u) {
        of_style[plane] = both;
    }
    let means = both / count;
    for (var i = thread; i < shape.pixels; i += THREADS) {
        let normal = (source[first + i] - mean) * inverse;
        let passed = select(0.0, gradient[first + i], normal * a + b > low);
        target_[first + i] = a * inverse * (passed - means.y - normal * means.x);
    }
}
