// Turns the last tensor into what is shown: normalization and sigmoid, then strength, colour preservation and the
// before/after line, against the photo. Drawn as one triangle that covers the target. Twin: src/cpu/picture.rs.

alias Quad = vec4<f32>; // as stored

struct Look {
    size: vec2<u32>, // of the photo
    stride: u32, // pixels from one row of the tensor to the next
    norm: u32, // where the tensor's (a, b) pair is in `norms`
    strength: f32,
    keep_colors: f32, // 1: luminance from the painting, chroma from the photo
    split: f32, // part of the width, from the left, that shows the photo
    unused: f32,
}

@group(0) @binding(0) var<uniform> look: Look;
@group(0) @binding(1) var photo: texture_2d<f32>;
@group(0) @binding(2) var<storage, read> tensor: array<Quad>;
@group(0) @binding(3) var<storage, read> norms: array<vec4<f32>>;

const LUMA = vec3<f32>(0.299, 0.587, 0.114);

@vertex
fn cover(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32(i & 1u) * 4.0 - 1.0, f32(i >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn paint(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let at = min(vec2<u32>(position.xy), look.size - 1u);
    let before = textureLoad(photo, at, 0).rgb;
    if ((f32(at.x) + 0.5) / f32(look.size.x) < look.split) {
        return vec4<f32>(before, 1.0);
    }
    let v = vec4<f32>(tensor[at.y * look.stride + at.x]) * norms[look.norm] + norms[look.norm + 1u];
    var after = 1.0 / (1.0 + exp(-v.rgb));
    if (look.keep_colors > 0.5) {
        // In YIQ only Y changes, which in RGB is the same step on every channel.
        after = clamp(before + dot(after - before, LUMA), vec3<f32>(0.0), vec3<f32>(1.0));
    }
    return vec4<f32>(mix(before, after, look.strength), 1.0);
}
