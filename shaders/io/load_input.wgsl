// Converts a texture to the first tensor: one quad per pixel (R, G, B, 0), resized to the picture that the network sees,
// optionally mirrored horizontally, with brushwork added, and padded by reflection at the right and lower border to the size that
// the network accepts. Reference: reflect_pad in src/reference/picture.rs, brushed in src/image/brushwork.rs.

#import photo

alias Quad = vec4<f32>; // storage type

struct Shape {
    source: vec2<u32>, // of the photo
    source_origin: vec2<u32>, // the pixel of the photo at which the texture begins
    whole: vec2<u32>, // of the picture of the whole photo
    origin: vec2<u32>, // the pixel of it at which the picture begins
    picture: vec2<u32>,
    padded: vec2<u32>,
    mirrored: u32, // 1: mirrored horizontally
    amount: f32, // amplitude of the brushwork; 0: none
    grain: f32, // width of the brushwork's streaks in pixels of the picture
    flow: f32, // distance over which the streaks change direction, in pixels
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read_write> target_: array<Quad>;

// Returns the reflected coordinate; reflects repeatedly if the picture is smaller than the padding.
fn reflect_index(i: u32, n: u32) -> u32 {
    let period = max(2u * (n - 1u), 1u);
    let j = i % period;
    return min(min(j, period - j), n - 1u);
}

// Returns a pseudo-random number from -0.5 to 0.5 for each lattice point.
fn crossing(x: i32, y: i32, seed: u32) -> f32 {
    var h = (bitcast<u32>(x) * 0x9e3779b1u) ^ (bitcast<u32>(y) * 0x85ebca77u) ^ (seed * 0xc2b2ae3du);
    h = (h ^ (h >> 15u)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12u)) * 0x297a2d39u;
    return f32((h ^ (h >> 15u)) >> 8u) / 16777216.0 - 0.5;
}

// Value noise: interpolates smoothly between the lattice points.
fn noise(at: vec2<f32>, seed: u32) -> f32 {
    let low = vec2<i32>(floor(at));
    let t = fract(at);
    let s = t * t * (3.0 - 2.0 * t);
    let upper = mix(crossing(low.x, low.y, seed), crossing(low.x + 1, low.y, seed), s.x);
    let lower = mix(crossing(low.x, low.y + 1, seed), crossing(low.x + 1, low.y + 1, seed), s.x);
    return mix(upper, lower, s.y);
}

const TAU: f32 = 6.2831853;
const TAPS: u32 = 8u;
const SPACING: f32 = 0.6; // distance of the taps, in grains

// Returns noise smeared along directions that vary slowly over the picture.
fn streak(at: vec2<f32>) -> f32 {
    let angle = noise(at / shape.flow, 1u) * TAU;
    let along = vec2<f32>(cos(angle), sin(angle)) * SPACING;
    var sum = 0.0;
    for (var i = 0u; i < TAPS; i++) {
        sum += noise(at / shape.grain + along * (f32(i) - 0.5 * f32(TAPS - 1u)), 2u);
    }
    return sum;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (any(id.xy >= shape.padded)) {
        return;
    }
    let at = shape.origin + vec2<u32>(reflect_index(id.x, shape.picture.x), reflect_index(id.y, shape.picture.y));
    var color = resized_photo(at, Photo(shape.source, shape.source_origin, shape.mirrored), shape.whole);
    if (shape.amount > 0.0) {
        color = clamp(color + shape.amount * streak(vec2<f32>(at)), vec3<f32>(), vec3<f32>(1.0));
    }
    target_[id.y * shape.padded.x + id.x] = Quad(vec4<f32>(color, 0.0));
}
