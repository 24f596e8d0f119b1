// Composites the last tensor with the photo: applies normalization and sigmoid (or bias and clamp), resizes to the target, then
// applies strength, colour preservation and the before/after line. Drawn as one triangle that covers the target.
// Reference: src/image/composite.rs.

#import painting
#import photo

struct Look {
    size: vec2<u32>, // of the whole result
    origin: vec2<u32>, // the pixel of it at which the target begins
    source: vec2<u32>, // of the photo
    source_origin: vec2<u32>, // the pixel of it at which the texture begins
    painting: vec2<u32>, // of the whole painting
    painting_origin: vec2<u32>, // the pixel of it at which the tensor begins
    stride: u32, // pixels from one row of the tensor to the next
    norm: u32, // offset of the tensor's (a, b) pair in `norms`
    strength: f32,
    split: f32, // fraction of the width, from the left, that shows the photo
    keep_colors: u32, // 1: luminance from the painting, chroma from the photo
    mirrored: u32, // 1: the photo is mirrored horizontally
}

@group(0) @binding(0) var<uniform> look: Look;

@vertex
fn cover(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32(i & 1u) * 4.0 - 1.0, f32(i >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

// Returns a pixel of the painting, clamped at the border.
fn painting_at(x: i32, y: i32) -> vec3<f32> {
    let at = vec2<u32>(clamp(vec2<i32>(x, y), vec2<i32>(), vec2<i32>(look.painting) - 1)) - look.painting_origin;
    return painting_texel(at.y * look.stride + at.x, look.norm);
}

// Returns pixel `at` of the painting, resized to the target as the photo is.
fn resized_painting(at: vec2<u32>) -> vec3<f32> {
    return painting_at(i32(at.x), i32(at.y)); // when RESIZED == 0
    // when RESIZED == 1
    let tent = tent_at(at, look.painting, look.size);
    var sum = vec4<f32>();
    for (var y = tent.first.y; y <= tent.last.y; y++) {
        let wy = tent_weight(y, tent.centre.y, tent.radius.y);
        for (var x = tent.first.x; x <= tent.last.x; x++) {
            let w = wy * tent_weight(x, tent.centre.x, tent.radius.x);
            sum += vec4<f32>(painting_at(x, y), 1.0) * w;
        }
    }
    return sum.rgb / sum.a;
    // end when
}

@fragment
fn paint(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let at = min(look.origin + vec2<u32>(position.xy), look.size - 1u);
    let before = resized_photo(at, Photo(look.source, look.source_origin, look.mirrored), look.size);
    if ((f32(at.x) + 0.5) / f32(look.size.x) < look.split) {
        return vec4<f32>(before, 1.0);
    }
    var after = resized_painting(at);
    if (look.keep_colors == 1u) {
        // In YIQ only Y changes, which in RGB adds the same value to every channel.
        after = clamp(before + dot(after - before, LUMA), vec3<f32>(0.0), vec3<f32>(1.0));
    }
    return vec4<f32>(mix(before, after, look.strength), 1.0);
}
