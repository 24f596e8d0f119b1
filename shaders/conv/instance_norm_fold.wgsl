// Folds the statistics of a convolution's output and a style's scale and shift into one (a, b) per channel, so that `a * v + b`
// is the conditional instance normalization (Dumoulin et al. 2017). One workgroup per quad of channels. Each partial holds the
// mean and centred sum of squares of one tile. The partials are merged by Chan, Golub, LeVeque 1979, in the form for many sets:
// first the common mean, then the sum of every set's own spread and its distance from that mean. E[x^2] - E[x]^2 is avoided
// because of cancellation. For video, mean and variance are smoothed over time. Reference: src/reference/layers.rs.

#import workgroup_sum

const EPSILON: f32 = 1e-5;

struct Shape {
    size: vec2<u32>, // of the grid that the tiles of one phase cover
    tile: vec2<u32>,
    phases: u32,
    style: u32, // offset of the scales in `style`; the shifts follow after `quads`
    quads: u32,
    norm: u32, // offset of the (a, b) pairs in `norms`
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> partials: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> style: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> norms: array<vec4<f32>>;
// First the fraction of the previous statistics that is kept, 0..1, four times; then means and variances, in the layout of
// `style`.
@group(0) @binding(4) var<storage, read_write> history: array<vec4<f32>>;

// Returns the number of pixels that tile `i` of a phase covers.
fn covered(i: u32, across: u32) -> f32 {
    let corner = vec2<u32>(i % across, i / across) * shape.tile;
    let part = min(shape.tile, shape.size - corner);
    return f32(part.x * part.y);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let quad = group.x;
    let grid = (shape.size + shape.tile - 1u) / shape.tile;
    let tiles = grid.x * grid.y;
    let sets = tiles * shape.phases;
    let base = quad * sets;
    let count = f32(shape.size.x) * f32(shape.size.y) * f32(shape.phases);

    var sum = vec4<f32>();
    for (var i = local; i < sets; i += 64u) {
        sum += partials[2u * (base + i)] * covered(i % tiles, grid.x);
    }
    let mean = workgroup_sum(sum, local) / count;

    var spread = vec4<f32>();
    for (var i = local; i < sets; i += 64u) {
        let d = partials[2u * (base + i)] - mean;
        spread += partials[2u * (base + i) + 1u] + d * d * covered(i % tiles, grid.x);
    }
    let variance = workgroup_sum(spread, local) / count;

    if (local == 0u) {
        let h = 1u + shape.style + quad;
        let steady_mean = mix(mean, history[h], history[0]);
        let steady_variance = mix(variance, history[h + shape.quads], history[0]);
        history[h] = steady_mean;
        history[h + shape.quads] = steady_variance;
        let a = style[shape.style + quad] / sqrt(steady_variance + EPSILON);
        let n = shape.norm + 2u * quad;
        norms[n] = a;
        norms[n + 1u] = style[shape.style + shape.quads + quad] - steady_mean * a;
    }
}
