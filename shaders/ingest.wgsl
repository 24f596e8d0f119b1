// Turns a texture into the first tensor: one quad a pixel (R, G, B, 0), mirrored at the right and lower border up to the
// size that the network accepts. Twin: src/cpu/picture.rs.

alias Quad = vec4<f32>; // as stored

struct Shape {
    photo: vec2<u32>,
    padded: vec2<u32>,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var photo: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> target_: array<Quad>;

// Mirrored again and again where the picture is smaller than what is missing.
fn mirror(i: u32, n: u32) -> u32 {
    let period = max(2u * (n - 1u), 1u);
    let j = i % period;
    return min(min(j, period - j), n - 1u);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (any(id.xy >= shape.padded)) {
        return;
    }
    let at = vec2<u32>(mirror(id.x, shape.photo.x), mirror(id.y, shape.photo.y));
    let texel = textureLoad(photo, at, 0);
    target_[id.y * shape.padded.x + id.x] = Quad(vec4<f32>(texel.rgb, 0.0));
}
