// Reduces flicker: where the photo has changed only by noise, the output is mixed with the previous output. Runs after the last
// normalization and sigmoid (or bias and clamp), at the network's size. Reference: steadied in src/reference/picture.rs.

#import painting
#import photo

struct Shape {
    source: vec2<u32>, // of the photo's texture
    painting: vec2<u32>,
    stride: u32, // pixels from one row of the tensor to the next
    norm: u32, // offset of the tensor's (a, b) pair in `norms`
    mirrored: u32, // 1: the photo is mirrored horizontally
    keep: f32, // fraction of the previous output that is kept, 0..1; 0 in the first frame
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(4) var<storage, read_write> history: array<vec4<f32>>; // the output's colours, and the photo's luma

// Thresholds of luma changes: changes up to NOISE are noise, changes from MOTION on are motion.
const NOISE = 0.04;
const MOTION = 0.12;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (any(id.xy >= shape.painting)) {
        return;
    }
    let color = painting_texel(id.y * shape.stride + id.x, shape.norm);
    let photo = resized_photo(id.xy, Photo(shape.source, vec2<u32>(), shape.mirrored), shape.painting);
    let now = vec4<f32>(color, dot(photo, LUMA));
    let i = id.y * shape.painting.x + id.x;
    let before = history[i];
    let moved = smoothstep(NOISE, MOTION, abs(now.a - before.a));
    history[i] = mix(now, before, shape.keep * (1.0 - moved));
}
