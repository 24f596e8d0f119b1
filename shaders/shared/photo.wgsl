// The photo in a texture, resized by a tent filter as wide as the reduction: it averages for reduction, interpolates for
// enlargement, and is the identity at equal size. Reference: Image::resized in src/image/mod.rs.

// 0 if all sizes are equal: on software adapters, loops are slow even with a single iteration.
const RESIZED: u32 = 1u;

@group(0) @binding(1) var source: texture_2d<f32>;

// The filter of one pixel: its centre and radius in the original, and the first and last pixel with a weight.
struct Tent {
    centre: vec2<f32>,
    radius: vec2<f32>,
    first: vec2<i32>,
    last: vec2<i32>,
}

// Returns the filter of pixel `at` of a picture that is resized from `size` to `resized`.
fn tent_at(at: vec2<u32>, size: vec2<u32>, resized: vec2<u32>) -> Tent {
    let scale = vec2<f32>(size) / vec2<f32>(resized);
    let radius = max(scale, vec2<f32>(1.0));
    let centre = (vec2<f32>(at) + 0.5) * scale - 0.5;
    return Tent(centre, radius, vec2<i32>(floor(centre - radius)) + 1, vec2<i32>(ceil(centre + radius)) - 1);
}

// Returns the weight of column (or row) `i` in a filter with this centre and radius.
fn tent_weight(i: i32, centre: f32, radius: f32) -> f32 {
    return 1.0 - abs(f32(i) - centre) / radius;
}

// A photo: its size, the pixel at which the texture begins, if it holds a part of the photo, and whether the photo is mirrored
// horizontally (1) or not (0).
struct Photo {
    size: vec2<u32>,
    origin: vec2<u32>,
    mirrored: u32,
}

// Returns a pixel of the photo, clamped at the border.
fn photo_texel(x: i32, y: i32, photo: Photo) -> vec3<f32> {
    let last = vec2<i32>(photo.size) - 1;
    let at = clamp(vec2<i32>(x, y), vec2<i32>(), last);
    let seen = vec2<i32>(select(at.x, last.x - at.x, photo.mirrored == 1u), at.y);
    return textureLoad(source, seen - vec2<i32>(photo.origin), 0).rgb;
}

// Returns pixel `at` of the photo after its size is changed to `resized`.
fn resized_photo(at: vec2<u32>, photo: Photo, resized: vec2<u32>) -> vec3<f32> {
    return photo_texel(i32(at.x), i32(at.y), photo); // when RESIZED == 0
    // when RESIZED == 1
    let tent = tent_at(at, photo.size, resized);
    var sum = vec4<f32>();
    for (var y = tent.first.y; y <= tent.last.y; y++) {
        let wy = tent_weight(y, tent.centre.y, tent.radius.y);
        for (var x = tent.first.x; x <= tent.last.x; x++) {
            let w = wy * tent_weight(x, tent.centre.x, tent.radius.x);
            sum += vec4<f32>(photo_texel(x, y, photo), 1.0) * w;
        }
    }
    return sum.rgb / sum.a;
    // end when
}
