// Gradient of the weights of a dense 3x3 convolution at stride 1 with zero padding: for each tap, the products of the shifted
// input with the gradient of the output, summed over the pixels of a chunk of rows. A workgroup computes 8 inputs x 32 outputs
// from segments of 16 columns in workgroup memory. A thread computes one input x 4 outputs x 9 taps and keeps a window of 9 input
// pixels in registers, which moves along the row. Reference: weights_gradient in src/reference/convolution.rs.
//
// Tensors have burn's layout: [picture][channel][y][x]. Sums are [picture][chunk][input][tap][output / 4]; taps are in row order.

struct Shape {
    width: u32,
    height: u32,
    inputs: u32,
    outputs: u32,
    out_quads: u32, // of the sums
    rows: u32, // rows per chunk
    chunks: u32,
}

const COLUMNS = 16u;
const INPUTS = 8u;
const QUADS = 8u;
const THREADS = 64u;
// Columns of a segment and one neighbour on each side.
const WIDE = 18u;

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> shape: Shape;

// Layouts: `pixels` is [input][row][column], `gradients` is [quad][column].
var<workgroup> pixels: array<f32, 432>;
var<workgroup> gradients: array<vec4<f32>, 128>;

// Returns value `index` of the segment: columns from `left` - 1 on, rows `y` - 1 to `y` + 1, inputs from `first` on.
fn pixel(index: u32, picture: u32, first: u32, y: u32, left: u32) -> f32 {
    // Left of the first column and above the first row, the unsigned values wrap to values outside of every picture.
    let column = left + index % WIDE - 1u;
    let row = y + index / WIDE % 3u - 1u;
    let input = first + index / (3u * WIDE);
    let inside = column < shape.width && row < shape.height && input < shape.inputs;
    let place = ((picture * shape.inputs + input) * shape.height + row) * shape.width + column;
    return select(0.0, source[select(0u, place, inside)], inside);
}

// Returns the gradients of four outputs, for position `index` of the segment.
fn four(index: u32, picture: u32, first: u32, y: u32, left: u32) -> vec4<f32> {
    let column = left + index % COLUMNS;
    let output = vec4<u32>(4u * (first + index / COLUMNS)) + vec4<u32>(0u, 1u, 2u, 3u);
    let inside = (output < vec4<u32>(shape.outputs)) & vec4<bool>(column < shape.width);
    let planes = (vec4<u32>(picture * shape.outputs) + output) * shape.height + vec4<u32>(y);
    let place = select(vec4<u32>(), planes * shape.width + vec4<u32>(column), inside);
    let values = vec4<f32>(gradient[place.x], gradient[place.y], gradient[place.z], gradient[place.w]);
    return select(vec4<f32>(), values, inside);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let tiles = (shape.inputs + INPUTS - 1u) / INPUTS;
    let input = group.x % tiles * INPUTS;
    let quad = group.x / tiles * QUADS;
    let first = group.y * shape.rows;
    let last = min(first + shape.rows, shape.height);
    let mine = thread % INPUTS * 3u * WIDE;
    let ours = thread / INPUTS * COLUMNS;
    var sum: array<vec4<f32>, 9>;
    for (var y = first; y < last; y++) {
        for (var left = 0u; left < shape.width; left += COLUMNS) {
            workgroupBarrier();
            for (var index = thread; index < INPUTS * 3u * WIDE; index += THREADS) {
                pixels[index] = pixel(index, group.z, input, y, left);
            }
            for (var index = thread; index < QUADS * COLUMNS; index += THREADS) {
                gradients[index] = four(index, group.z, quad, y, left);
            }
            workgroupBarrier();
            // A window of three columns of three rows.
            var before = vec3<f32>(pixels[mine], pixels[mine + WIDE], pixels[mine + 2u * WIDE]);
            var here = vec3<f32>(pixels[mine + 1u], pixels[mine + WIDE + 1u], pixels[mine + 2u * WIDE + 1u]);
            for (var column = 0u; column < COLUMNS; column++) {
                let next = mine + column + 2u;
                let after = vec3<f32>(pixels[next], pixels[next + WIDE], pixels[next + 2u * WIDE]);
                let g = gradients[ours + column];
                sum[0] += before.x * g;
                sum[1] += here.x * g;
                sum[2] += after.x * g;
                sum[3] += before.y * g;
                sum[4] += here.y * g;
                sum[5] += after.y * g;
                sum[6] += before.z * g;
                sum[7] += here.z * g;
                sum[8] += after.z * g;
                before = here;
                here = after;
            }
        }
    }
    let my_input = input + thread % INPUTS;
    let my_quad = quad + thread / INPUTS;
    if (my_input < shape.inputs && my_quad < shape.out_quads) {
        let plane = (group.z * shape.chunks + group.y) * shape.inputs + my_input;
        for (var tap = 0u; tap < 9u; tap++) {
            sums[(plane * 9u + tap) * shape.out_quads + my_quad] = sum[tap];
        }
    }
}
