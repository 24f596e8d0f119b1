// Copies planes into the windows that a convolution reads: reflected at the border, cropped, enlarged by nearest neighbour,
// strided, and in several shifted copies. A thread computes one value. Reference: src/reference/window.rs.

#import window_shape

@group(0) @binding(0) var<storage, read> source: array<f32>;

// Returns the source coordinate, in a row or column of `size` pixels, of position `at` in copy `block`.
fn place(at: u32, block: u32, size: u32) -> u32 {
    let last = i32(size * shape.zoom) - 1;
    let there = abs(i32(at * shape.stride + block * SHIFT) + shape.offset);
    return u32(min(there, 2 * last - there)) / shape.zoom;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let pixels = shape.rows * shape.columns;
    if (id.x >= pixels) {
        return;
    }
    let block = id.y / shape.channels;
    let y = place(id.x / shape.columns, block / shape.blocks, shape.height);
    let x = place(id.x % shape.columns, block % shape.blocks, shape.width);
    let plane = id.z * shape.channels + id.y % shape.channels;
    let copies = shape.channels * shape.blocks * shape.blocks;
    target_[(id.z * copies + id.y) * pixels + id.x] = source[(plane * shape.height + y) * shape.width + x];
}
