// Partial Gram matrices: products of every two channels of the features, summed over a chunk of their pixels. A thread computes a
// tile of 8 x 8 channels. The matrix is symmetric: the tiles below the diagonal are written by the threads of those above it.
// Reference: gram in src/reference/layers.rs.
//
// Features are [picture][channel][pixel], products [picture][chunk][channel][channel]; channels are a multiple of 8.

struct Shape {
    channels: u32,
    pixels: u32,
    chunk: u32, // pixels per chunk
    chunks: u32,
}

@group(0) @binding(0) var<storage, read> features: array<f32>;
@group(0) @binding(1) var<storage, read_write> products: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> shape: Shape;

// Returns four channels of one pixel; the first channel is at `place`.
fn load(place: u32) -> vec4<f32> {
    let next = shape.pixels;
    return vec4<f32>(features[place], features[place + next], features[place + 2u * next], features[place + 3u * next]);
}

fn outer(column: vec4<f32>, row: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(column * row.x, column * row.y, column * row.z, column * row.w);
}

// Writes 4 x 4 products: column i of `tile` holds the products of channel `row` + i.
fn store(base: u32, row: u32, column: u32, tile: mat4x4<f32>) {
    let place = base + (row * shape.channels + column) / 4u;
    let next = shape.channels / 4u;
    products[place] = tile[0];
    products[place + next] = tile[1];
    products[place + 2u * next] = tile[2];
    products[place + 3u * next] = tile[3];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let across = shape.channels / 8u;
    if (id.x >= across * (across + 1u) / 2u) {
        return;
    }
    // Column and row of tile number `id.x` of the triangle.
    var column = u32((sqrt(f32(8u * id.x + 1u)) - 1.0) * 0.5);
    if (column * (column + 1u) / 2u > id.x) {
        column -= 1u;
    }
    if ((column + 1u) * (column + 2u) / 2u <= id.x) {
        column += 1u;
    }
    let row = id.x - column * (column + 1u) / 2u;
    let first = id.y * shape.chunk;
    let last = min(first + shape.chunk, shape.pixels);
    let plane = id.z * shape.channels;
    let rows = (plane + row * 8u) * shape.pixels;
    let columns = (plane + column * 8u) * shape.pixels;
    let half = 4u * shape.pixels;
    var near = mat4x4<f32>();
    var right = mat4x4<f32>();
    var below = mat4x4<f32>();
    var far = mat4x4<f32>();
    for (var pixel = first; pixel < last; pixel++) {
        let a = load(rows + pixel);
        let b = load(rows + half + pixel);
        let c = load(columns + pixel);
        let d = load(columns + half + pixel);
        near += outer(c, a);
        right += outer(d, a);
        below += outer(c, b);
        far += outer(d, b);
    }
    let base = (id.z * shape.chunks + id.y) * shape.channels * shape.channels / 4u;
    let top = row * 8u;
    let left = column * 8u;
    store(base, top, left, near);
    store(base, top, left + 4u, right);
    store(base, top + 4u, left, below);
    store(base, top + 4u, left + 4u, far);
    store(base, left, top, transpose(near));
    store(base, left + 4u, top, transpose(right));
    store(base, left, top + 4u, transpose(below));
    store(base, left + 4u, top + 4u, transpose(far));
}
