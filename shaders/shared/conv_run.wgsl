// Output of the convolutions whose threads compute 8 pixels x ROWS rows x QUADS quads of channels in registers. The code is
// unrolled, because some software adapters keep indexed arrays in memory.

#import conv

const LANES: u32 = 4u; // used inputs of a quad: 3 for a picture
const QUADS: u32 = 1u;
const ROWS: u32 = 1u;

alias Block = mat4x4<f32>; // when LANES == 4
alias Block = mat3x4<f32>; // when LANES == 3
alias Window = mat4x4<f32>; // when LANES == 4
alias Window = mat4x3<f32>; // when LANES == 3

// Blocks of LANES inputs (columns) x 4 outputs. A Window is 4 pixels (columns) x LANES inputs.
@group(0) @binding(2) var<storage, read> weights: array<Block>;

// Writes the first `count` pixels of a run of 8.
fn store(base: u32, count: u32, left: mat4x4<f32>, right: mat4x4<f32>) {
    target_[base] = Quad(left[0]);
    if (count > 1u) { target_[base + 1u * SCALE] = Quad(left[1]); }
    if (count > 2u) { target_[base + 2u * SCALE] = Quad(left[2]); }
    if (count > 3u) { target_[base + 3u * SCALE] = Quad(left[3]); }
    if (count > 4u) { target_[base + 4u * SCALE] = Quad(right[0]); }
    if (count > 5u) { target_[base + 5u * SCALE] = Quad(right[1]); }
    if (count > 6u) { target_[base + 6u * SCALE] = Quad(right[2]); }
    if (count > 7u) { target_[base + 7u * SCALE] = Quad(right[3]); }
}

// Returns the squared distances from the mean, summed over the pixels with weights `inside` (1 inside the picture, 0 beyond it).
fn spread(pixels: mat4x4<f32>, mean: vec4<f32>, inside: vec4<f32>) -> vec4<f32> {
    let d = pixels - mat4x4<f32>(mean, mean, mean, mean);
    return mat4x4<f32>(d[0] * d[0], d[1] * d[1], d[2] * d[2], d[3] * d[3]) * inside;
}

// Writes the pixels of thread `id`, from quad `first` on, and their statistics: mean and centred sum of squares, for Chan's
// merge in instance_norm_fold.wgsl. `left` and `right` are the first and the last 4 of the 8 pixels of a row.
fn write_run(
    id: vec3<u32>,
    first: u32,
    phase: u32,
    left_r0_q0: mat4x4<f32>, // each ROWS as r and QUADS as q
    right_r0_q0: mat4x4<f32>, // each ROWS as r and QUADS as q
) {
    let x0 = id.x * 8u;
    let y = id.y * ROWS;
    let width = shape.out_size.x;
    let height = shape.out_size.y;
    let count = min(8u, width - x0);
    let pixels = f32(count * min(ROWS, height - y));
    let inside_left = select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(count));
    let inside_right = select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(4u, 5u, 6u, 7u) < vec4<u32>(count));
    var mean_q0 = vec4<f32>(); // each QUADS as q
    var squares_q0 = vec4<f32>(); // each QUADS as q
    // each ROWS as r
    if (y + R0 < height) {
        // each QUADS as q
        mean_q0 += (left_r0_q0 * inside_left + right_r0_q0 * inside_right) / pixels;
        let row_q0 = ((first + Q0) * height + y + R0) * SCALE + phase / 2u;
        store((row_q0 * width + x0) * SCALE + phase % 2u, count, left_r0_q0, right_r0_q0);
        // end each
    }
    // end each
    // each ROWS as r
    if (y + R0 < height) {
        squares_q0 += spread(left_r0_q0, mean_q0, inside_left) + spread(right_r0_q0, mean_q0, inside_right); // each QUADS as q
    }
    // end each
    let across = (width + 7u) / 8u;
    let down = (height + ROWS - 1u) / ROWS;
    let p = 2u * (((first * PHASES + phase) * down + id.y) * across + id.x);
    // each QUADS as q
    partials[p + 2u * Q0 * PHASES * down * across] = mean_q0;
    partials[p + 2u * Q0 * PHASES * down * across + 1u] = squares_q0;
    // end each
}
