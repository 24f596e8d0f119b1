// Instance normalization of planes with scale, shift and optional ReLU, for training. One workgroup per plane. Reference:
// instance_norm in src/reference/layers.rs, followed by a ReLU.

#import plane_moments

@group(0) @binding(3) var<storage, read_write> target_: array<f32>;
@group(0) @binding(4) var<storage, read> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let channel = group.x;
    let first = (group.y * shape.channels + channel) * shape.pixels;
    let mean_variance = moments(first, shape.pixels, thread);
    let mean = mean_variance.x;
    let a = scale[channel] / sqrt(mean_variance.y + EPSILON);
    let b = shift[channel];
    let low = select(-3.4e38, 0.0, shape.rectified == 1u);
    for (var i = thread; i < shape.pixels; i += THREADS) {
        // The mean is subtracted first: in `x * a + (b - mean * a)`, the large terms cancel to different roundings if a driver fuses
        // the multiplication and the addition.
        target_[first + i] = max((source[first + i] - mean) * a + b, low);
    }
}
