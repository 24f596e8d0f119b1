// Turns a texture into the first tensor: one quad a pixel (R, G, B, 0), resized to the picture that the network sees, mirrored
// left to right if asked for, and reflected at the right and lower border up to the size that the network accepts.
// Twin: Image::resized in src/image.rs, reflect_pad in src/cpu/picture.rs.

// 0 where the texture has the picture's size: software adapters take their time for loops, even for those that run once.
const RESIZED: u32 = 1u;

alias Quad = vec4<f32>; // as stored

struct Shape {
    source: vec2<u32>, // of the texture
    picture: vec2<u32>,
    padded: vec2<u32>,
    mirrored: u32, // 1: left and right exchanged
    unused: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var source: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> target_: array<Quad>;

// Reflected again and again where the picture is smaller than what is missing.
fn reflect_index(i: u32, n: u32) -> u32 {
    let period = max(2u * (n - 1u), 1u);
    let j = i % period;
    return min(min(j, period - j), n - 1u);
}

fn texel(x: i32, y: i32) -> vec3<f32> {
    let last = vec2<i32>(shape.source) - 1;
    let at = clamp(vec2<i32>(x, y), vec2<i32>(), last);
    return textureLoad(source, vec2<i32>(select(at.x, last.x - at.x, shape.mirrored == 1u), at.y), 0).rgb;
}

// A tent filter as wide as the reduction: shrinking averages, enlarging interpolates, and at the same size it is the pixel.
fn resized(at: vec2<u32>) -> vec3<f32> {
    var sum = vec4<f32>(texel(i32(at.x), i32(at.y)), 1.0);
    let scale = vec2<f32>(shape.source) / vec2<f32>(shape.picture); // when RESIZED == 1
    let radius = max(scale, vec2<f32>(1.0)); // when RESIZED == 1
    let centre = (vec2<f32>(at) + 0.5) * scale - 0.5; // when RESIZED == 1
    let first = vec2<i32>(floor(centre - radius)) + 1; // when RESIZED == 1
    let last = vec2<i32>(ceil(centre + radius)) - 1; // when RESIZED == 1
    sum = vec4<f32>(); // when RESIZED == 1
    for (var y = first.y; y <= last.y; y++) { // when RESIZED == 1
        let wy = 1.0 - abs(f32(y) - centre.y) / radius.y; // when RESIZED == 1
        for (var x = first.x; x <= last.x; x++) { // when RESIZED == 1
            let w = wy * (1.0 - abs(f32(x) - centre.x) / radius.x); // when RESIZED == 1
            sum += vec4<f32>(texel(x, y), 1.0) * w; // when RESIZED == 1
        } // when RESIZED == 1
    } // when RESIZED == 1
    return sum.rgb / sum.a;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (any(id.xy >= shape.padded)) {
        return;
    }
    let at = vec2<u32>(reflect_index(id.x, shape.picture.x), reflect_index(id.y, shape.picture.y));
    target_[id.y * shape.padded.x + id.x] = Quad(vec4<f32>(resized(at), 0.0));
}
