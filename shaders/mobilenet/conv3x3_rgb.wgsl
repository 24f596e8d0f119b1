// The first layer of MobileNetV2: 3x3 convolution of a picture with zero padding, its bias and ReLU6. A thread computes one pixel
// of one quad of channels; the kernel is not optimized further, because the layer is a fortieth of the network.
// Reference: convolution in src/reference/convolution.rs, bias in src/reference/layers.rs.

#import mobilenet

const STRIDE: u32 = 2u;
const PAD: u32 = 0u; // zeros before the first row and column; after the last, as many as are read

@group(0) @binding(2) var<storage, read> weights: array<mat3x4<f32>>; // [ky][kx][output quad]: 3 inputs (columns) x 4 outputs

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (any(id.xy >= shape.out_size)) {
        return;
    }
    var sum = bias[id.z];
    for (var tap = 0u; tap < 9u; tap++) {
        let at = vec2<i32>(id.xy * STRIDE + vec2<u32>(tap % 3u, tap / 3u)) - i32(PAD);
        if (all(at >= vec2<i32>()) && all(at < vec2<i32>(shape.in_size))) {
            sum += weights[tap * shape.out_quads + id.z] * source[u32(at.y) * shape.in_size.x + u32(at.x)].xyz;
        }
    }
    target_[(id.z * shape.out_size.y + id.y) * shape.out_size.x + id.x] = activated(sum);
}
