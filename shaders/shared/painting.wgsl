// The network's last tensor as colours.

// Conversion of `tensor` to colours: 1 a sigmoid, 2 a clamp, 0 none, for the output of `temporal_filter.wgsl`.
const FINISH: u32 = 1u;

alias Quad = vec4<f32>; // storage type

@group(0) @binding(2) var<storage, read> tensor: array<Quad>;
@group(0) @binding(3) var<storage, read> norms: array<vec4<f32>>;

const LUMA = vec3<f32>(0.299, 0.587, 0.114);

// Returns the colour at `i`, after the normalization whose (a, b) pair is at `norm` in `norms`.
fn painting_texel(i: u32, norm: u32) -> vec3<f32> {
    let v = vec4<f32>(tensor[i]);
    return v.rgb; // when FINISH == 0
    // when FINISH >= 1
    let normalized = (v * norms[norm] + norms[norm + 1u]).rgb;
    return 1.0 / (1.0 + exp(-normalized)); // when FINISH == 1
    return clamp(normalized, vec3<f32>(), vec3<f32>(1.0)); // when FINISH == 2
    // end when
}
