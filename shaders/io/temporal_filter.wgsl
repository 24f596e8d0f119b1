// Reduces flicker: where the photo has changed only by noise, the output is mixed with the previous output. Runs after the last
// normalization and sigmoid (or bias and clamp), at the network's size. Reference: steadied in src/reference/picture.rs, with
// Image::resized in src/image/mod.rs.

// 0 if the texture has the output's size.
const RESIZED: u32 = 1u;
// Conversion of `tensor` to colours: 1 a sigmoid, 2 a clamp.
const FINISH: u32 = 1u;

alias Quad = vec4<f32>; // storage type

struct Shape {
    source: vec2<u32>, // of the photo's texture
    painting: vec2<u32>,
    stride: u32, // pixels from one row of the tensor to the next
    norm: u32, // offset of the tensor's (a, b) pair in `norms`
    mirrored: u32, // 1: the photo is mirrored horizontally
    keep: f32, // fraction of the previous output that is kept, 0..1; 0 in the first frame
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var source: texture_2d<f32>;
@group(0) @binding(2) var<storage, read> tensor: array<Quad>;
@group(0) @binding(3) var<storage, read> norms: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> history: array<vec4<f32>>; // the output's colours, and the photo's luma

const LUMA = vec3<f32>(0.299, 0.587, 0.114);

// Thresholds of luma changes: changes up to NOISE are noise, changes from MOTION on are motion.
const NOISE = 0.04;
const MOTION = 0.12;

fn texel(x: i32, y: i32) -> vec3<f32> {
    let last = vec2<i32>(shape.source) - 1;
    let at = clamp(vec2<i32>(x, y), vec2<i32>(), last);
    return textureLoad(source, vec2<i32>(select(at.x, last.x - at.x, shape.mirrored == 1u), at.y), 0).rgb;
}

// Resizes by a tent filter as wide as the reduction, as load_input.wgsl does.
fn resized(at: vec2<u32>) -> vec3<f32> {
    var sum = vec4<f32>(texel(i32(at.x), i32(at.y)), 1.0);
    let scale = vec2<f32>(shape.source) / vec2<f32>(shape.painting); // when RESIZED == 1
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
    if (any(id.xy >= shape.painting)) {
        return;
    }
    let v = vec4<f32>(tensor[id.y * shape.stride + id.x]) * norms[shape.norm] + norms[shape.norm + 1u];
    var color = v.rgb;
    color = 1.0 / (1.0 + exp(-v.rgb)); // when FINISH == 1
    color = clamp(v.rgb, vec3<f32>(), vec3<f32>(1.0)); // when FINISH == 2
    let now = vec4<f32>(color, dot(resized(id.xy), LUMA));
    let i = id.y * shape.painting.x + id.x;
    let before = history[i];
    let moved = smoothstep(NOISE, MOTION, abs(now.a - before.a));
    history[i] = mix(now, before, shape.keep * (1.0 - moved));
}
