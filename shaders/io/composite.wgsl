// Composites the last tensor with the photo: applies normalization and sigmoid (or bias and clamp), resizes to the target, then
// applies strength, colour preservation and the before/after line. Drawn as one triangle that covers the target.
// Reference: src/image/composite.rs, with Image::resized in src/image/mod.rs.

// 0 if all sizes are equal: on software adapters, loops are slow even with a single iteration.
const RESIZED: u32 = 1u;
// Conversion of `tensor` to colours: 1 a sigmoid, 2 a clamp, 0 none, for the output of `temporal_filter.wgsl`.
const FINISH: u32 = 1u;

alias Quad = vec4<f32>; // storage type

struct Look {
    size: vec2<u32>, // of the target
    source: vec2<u32>, // of the photo's texture
    painting: vec2<u32>, // of the unpadded part of the tensor
    stride: u32, // pixels from one row of the tensor to the next
    norm: u32, // offset of the tensor's (a, b) pair in `norms`
    strength: f32,
    split: f32, // fraction of the width, from the left, that shows the photo
    keep_colors: u32, // 1: luminance from the painting, chroma from the photo
    mirrored: u32, // 1: the photo is mirrored horizontally
}

@group(0) @binding(0) var<uniform> look: Look;
@group(0) @binding(1) var source: texture_2d<f32>;
@group(0) @binding(2) var<storage, read> tensor: array<Quad>;
@group(0) @binding(3) var<storage, read> norms: array<vec4<f32>>;

const LUMA = vec3<f32>(0.299, 0.587, 0.114);

@vertex
fn cover(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32(i & 1u) * 4.0 - 1.0, f32(i >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

fn photo_texel(x: i32, y: i32) -> vec3<f32> {
    let last = vec2<i32>(look.source) - 1;
    let at = clamp(vec2<i32>(x, y), vec2<i32>(), last);
    return textureLoad(source, vec2<i32>(select(at.x, last.x - at.x, look.mirrored == 1u), at.y), 0).rgb;
}

fn painting_texel(x: i32, y: i32) -> vec3<f32> {
    let at = vec2<u32>(clamp(vec2<i32>(x, y), vec2<i32>(), vec2<i32>(look.painting) - 1));
    var color = vec4<f32>(tensor[at.y * look.stride + at.x]);
    color = color * norms[look.norm] + norms[look.norm + 1u]; // when FINISH >= 1
    color = 1.0 / (1.0 + exp(-color)); // when FINISH == 1
    color = clamp(color, vec4<f32>(), vec4<f32>(1.0)); // when FINISH == 2
    return color.rgb;
}

fn texel(x: i32, y: i32, painting: bool) -> vec3<f32> {
    if (painting) {
        return painting_texel(x, y);
    }
    return photo_texel(x, y);
}

// Returns one pixel of the photo or the painting, resized to the target's size by a tent filter. The filter is as wide as the
// reduction: it averages for reduction, interpolates for enlargement, and is the identity at equal size.
fn resized(at: vec2<u32>, size: vec2<u32>, painting: bool) -> vec3<f32> {
    var sum = vec4<f32>(texel(i32(at.x), i32(at.y), painting), 1.0);
    let scale = vec2<f32>(size) / vec2<f32>(look.size); // when RESIZED == 1
    let radius = max(scale, vec2<f32>(1.0)); // when RESIZED == 1
    let centre = (vec2<f32>(at) + 0.5) * scale - 0.5; // when RESIZED == 1
    let first = vec2<i32>(floor(centre - radius)) + 1; // when RESIZED == 1
    let last = vec2<i32>(ceil(centre + radius)) - 1; // when RESIZED == 1
    sum = vec4<f32>(); // when RESIZED == 1
    for (var y = first.y; y <= last.y; y++) { // when RESIZED == 1
        let wy = 1.0 - abs(f32(y) - centre.y) / radius.y; // when RESIZED == 1
        for (var x = first.x; x <= last.x; x++) { // when RESIZED == 1
            let w = wy * (1.0 - abs(f32(x) - centre.x) / radius.x); // when RESIZED == 1
            sum += vec4<f32>(texel(x, y, painting), 1.0) * w; // when RESIZED == 1
        } // when RESIZED == 1
    } // when RESIZED == 1
    return sum.rgb / sum.a;
}

@fragment
fn paint(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let at = min(vec2<u32>(position.xy), look.size - 1u);
    let before = resized(at, look.source, false);
    if ((f32(at.x) + 0.5) / f32(look.size.x) < look.split) {
        return vec4<f32>(before, 1.0);
    }
    var after = resized(at, look.painting, true);
    if (look.keep_colors == 1u) {
        // In YIQ only Y changes, which in RGB adds the same value to every channel.
        after = clamp(before + dot(after - before, LUMA), vec3<f32>(0.0), vec3<f32>(1.0));
    }
    return vec4<f32>(mix(before, after, look.strength), 1.0);
}
