// Backward pass of instance_norm.wgsl: gradients of the source and, per plane, of scale and shift. One workgroup per plane. The
// normalized values are recomputed instead of stored. Reference: instance_norm_back in src/reference/layers.rs.

#import plane_moments

@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> target_: array<f32>;
@group(0) @binding(5) var<storage, read_write> of_style: array<vec2<f32>>; // [picture][channel]: scale, shift
@group(0) @binding(6) var<storage, read> shape: Shape;

var<workgroup> products: array<vec2<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let channel = group.x;
    let plane = group.y * shape.channels + channel;
    let first = plane * shape.pixels;
    let count = f32(shape.pixels);
    let mean_variance = moments(first, shape.pixels, thread);
    let mean = mean_variance.x;
    let inverse = 1.0 / sqrt(mean_variance.y + EPSILON);
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
