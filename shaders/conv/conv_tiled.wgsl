// Dense convolution for hardware adapters: 64 threads share a 2-D patch of the input with its halo, which is loaded into
// workgroup memory once per slice of input channels and reused by all taps. A thread computes a run of PIXELS pixels x GROUP
// quads of channels in registers. Supports any kernel and stride, and the four phases of an enlargement.
// Reference: src/reference/convolution.rs.
//
// Loops that index arrays are written out, so that the arrays stay in registers.

#import conv

const KERNEL: u32 = 3u;
const STRIDE: u32 = 1u;
const PAD: u32 = 1u;
const LANES: u32 = 4u; // used inputs of a quad: 3 for a picture
const PIXELS: u32 = 8u; // pixels per thread
const GROUP: u32 = 1u; // quads of output channels per thread
const ACROSS: u32 = 1u; // threads along x
const DOWN: u32 = 8u; // threads along y; ACROSS * DOWN divides 64
const SLICE: u32 = 4u; // input quads loaded into workgroup memory at a time; divides IN_QUADS
const CARRY: bool = true; // false: a row of taps is summed separately first, for 16-bit arithmetic

const COLUMNS: u32 = ACROSS * DOWN; // number of threads with the same output channels
const TILE_WIDTH: u32 = ACROSS * PIXELS;
const PATCH_WIDTH: u32 = (TILE_WIDTH - 1u) * STRIDE + KERNEL;
const PATCH_HEIGHT: u32 = (DOWN - 1u) * STRIDE + KERNEL;
const PATCH: u32 = PATCH_WIDTH * PATCH_HEIGHT;
const RUN: u32 = (PIXELS - 1u) * STRIDE + KERNEL;

@group(0) @binding(2) var<storage, read> weights: array<Quad>; // blocks of LANES columns of 4 outputs

var<workgroup> patch_: array<Quad, SLICE * PATCH>;
var<workgroup> moments: array<vec4<f32>, 64u * GROUP>;

// Loads SLICE quads of the input, from `first` on, into workgroup memory, after normalization, ReLU and addition of the skip
// branch.
fn stage(first: u32, corner: vec2<i32>, local: u32, writes_sum: bool) {
    for (var i = local; i < SLICE * PATCH; i += 64u) {
        let quad = first + i / PATCH;
        let at = vec2<i32>(i32(i % PATCH % PATCH_WIDTH), i32(i % PATCH / PATCH_WIDTH));
        let p = corner + at;
        let x = border_index(p.x, shape.in_size.x);
        let y = border_index(p.y, shape.in_size.y);
        let j = (quad * shape.in_size.y + y) * shape.in_size.x + x;
        let v = load(j, input_norm(quad));
        // when RESIDUAL == 2
        let inner = at - vec2<i32>(i32(PAD));
        let owned = all(inner >= vec2<i32>()) && all(inner < vec2<i32>(i32(TILE_WIDTH), i32(DOWN)));
        if (writes_sum && owned && all(p < vec2<i32>(shape.in_size))) {
            sum[j] = v;
        }
        // end when
        patch_[i] = v;
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) tile: vec3<u32>, @builtin(num_workgroups) tiles: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let groups = OUT_QUADS * COLUMNS / (64u * GROUP);
    let phase = tile.z / groups;
    let column = local % COLUMNS;
    let first = ((tile.z % groups) * (64u / COLUMNS) + local / COLUMNS) * GROUP;
    let lx = (column % ACROSS) * PIXELS;
    let ly = column / ACROSS;
    let origin = tile.xy * vec2<u32>(TILE_WIDTH, DOWN);
    // Phase p of the enlargement reads taps p - 1 and p of the input grid.
    let corner = vec2<i32>(origin * STRIDE + vec2<u32>(phase % 2u, phase / 2u)) - vec2<i32>(i32(PAD));

    var acc: array<array<vec4<f32>, PIXELS>, GROUP>;
    for (var slice = 0u; slice < IN_QUADS; slice += SLICE) {
        workgroupBarrier();
        stage(slice, corner, local, tile.z == 0u);
        workgroupBarrier();
        for (var s = 0u; s < SLICE; s++) {
            for (var ky = 0u; ky < KERNEL; ky++) {
                var run: array<Quad, RUN>;
                let row = s * PATCH + (ly * STRIDE + ky) * PATCH_WIDTH + lx * STRIDE;
                for (var i = 0u; i < RUN; i++) { // unroll
                    run[i] = patch_[row + i];
                }
                for (var g = 0u; g < GROUP; g++) { // unroll
                    var part: array<Quad, PIXELS>;
                    for (var i = 0u; i < PIXELS; i++) { // unroll
                        part[i] = Quad(select(vec4<f32>(), acc[g][i], CARRY));
                    }
                    for (var kx = 0u; kx < KERNEL; kx++) { // unroll
                        let b = (((phase * KERNEL + ky) * IN_QUADS + slice + s) * KERNEL + kx) * OUT_QUADS + first + g;
                        for (var lane = 0u; lane < LANES; lane++) { // unroll
                            let w = weights[b * LANES + lane];
                            for (var i = 0u; i < PIXELS; i++) { // unroll
                                part[i] = fma(w, Quad(run[i * STRIDE + kx][lane]), part[i]);
                            }
                        }
                    }
                    for (var i = 0u; i < PIXELS; i++) { // unroll
                        acc[g][i] = select(acc[g][i], vec4<f32>(), CARRY) + vec4<f32>(part[i]);
                    }
                }
            }
        }
    }

    let x0 = origin.x + lx;
    let y = origin.y + ly;
    var inside: array<bool, PIXELS>;
    for (var i = 0u; i < PIXELS; i++) { // unroll
        inside[i] = x0 + i < shape.out_size.x && y < shape.out_size.y;
    }
    for (var g = 0u; g < GROUP; g++) { // unroll
        let row = ((first + g) * shape.out_size.y * SCALE + y * SCALE + phase / 2u) * shape.out_size.x * SCALE;
        var total = vec4<f32>();
        for (var i = 0u; i < PIXELS; i++) { // unroll
            if (inside[i]) {
                target_[row + (x0 + i) * SCALE + phase % 2u] = Quad(acc[g][i]);
                total += acc[g][i];
            }
        }
        moments[g * 64u + local] = total;
    }

    // The tile's mean and centred sum of squares for each channel, for Chan's merge in instance_norm_fold.wgsl.
    let covered = min(vec2<u32>(TILE_WIDTH, DOWN), shape.out_size - origin);
    let count = f32(covered.x * covered.y);
    var mean: array<vec4<f32>, GROUP>;
    workgroupBarrier();
    for (var g = 0u; g < GROUP; g++) { // unroll
        mean[g] = gather(g, local) / count;
    }
    workgroupBarrier();
    for (var g = 0u; g < GROUP; g++) { // unroll
        var squares = vec4<f32>();
        for (var i = 0u; i < PIXELS; i++) { // unroll
            let d = select(vec4<f32>(), acc[g][i] - mean[g], inside[i]);
            squares += d * d;
        }
        moments[g * 64u + local] = squares;
    }
    workgroupBarrier();
    if (column == 0u) {
        for (var g = 0u; g < GROUP; g++) { // unroll
            let p = 2u * ((((first + g) * PHASES + phase) * tiles.y + tile.y) * tiles.x + tile.x);
            partials[p] = mean[g];
            partials[p + 1u] = gather(g, local);
        }
    }
}

// Returns the sum of `moments` over the threads with the same output channels.
fn gather(g: u32, local: u32) -> vec4<f32> {
    let base = g * 64u + local / COLUMNS * COLUMNS;
    var total = vec4<f32>();
    for (var i = 0u; i < COLUMNS; i++) {
        total += moments[base + i];
    }
    return total;
}
