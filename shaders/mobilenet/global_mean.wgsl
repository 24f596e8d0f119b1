// Mean of each channel. One workgroup per quad of channels. Reference: global_mean in src/reference/layers.rs.

#import mobilenet
#import workgroup_sum

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let pixels = shape.in_size.x * shape.in_size.y;
    var sum = vec4<f32>();
    for (var i = local; i < pixels; i += 64u) {
        sum += source[group.x * pixels + i];
    }
    let total = workgroup_sum(sum, local);
    if (local == 0u) {
        target_[group.x] = total / f32(pixels);
    }
}
