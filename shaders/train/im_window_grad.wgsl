// Backward pass of im_window.wgsl: the gradient of a source value is the sum of the gradients of all its copies. A thread
// computes one value. Reference: window_back in src/reference/window.rs.

#import window_shape

@group(0) @binding(0) var<storage, read> gradient: array<f32>;

// Images of a pixel: itself, and its reflections at the first and at the last pixel.
const IMAGES: u32 = 3u;

// Returns the position in a copy that reads pixel `at` of `size`, or -1. `way` enumerates images, enlarged pixels and copies.
fn shown(at: u32, way: u32, size: u32, count: u32) -> i32 {
    let last = i32(size * shape.zoom) - 1;
    let pixel = i32(at * shape.zoom + way / IMAGES % shape.zoom);
    var there = pixel;
    let image = way % IMAGES;
    if (image == 1u) {
        there = -pixel;
    } else if (image == 2u) {
        there = 2 * last - pixel;
    }
    // The first and the last pixel are not reflected onto themselves.
    let twice = image != 0u && there == pixel;
    let block = way / (IMAGES * shape.zoom);
    let steps = there - shape.offset - i32(block * SHIFT);
    let stride = i32(shape.stride);
    let here = steps / stride;
    let wrong = twice || steps < 0 || here * stride != steps || here >= i32(count);
    return select(here, -1, wrong);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= shape.height * shape.width) {
        return;
    }
    let y = id.x / shape.width;
    let x = id.x % shape.width;
    let ways = IMAGES * shape.zoom * shape.blocks;
    var sum = 0.0;
    for (var down = 0u; down < ways; down++) {
        let row = shown(y, down, shape.height, shape.rows);
        if (row < 0) {
            continue;
        }
        for (var across = 0u; across < ways; across++) {
            let column = shown(x, across, shape.width, shape.columns);
            if (column < 0) {
                continue;
            }
            let copy = down / (IMAGES * shape.zoom) * shape.blocks + across / (IMAGES * shape.zoom);
            let plane = (id.z * shape.blocks * shape.blocks + copy) * shape.channels + id.y;
            sum += gradient[(plane * shape.rows + u32(row)) * shape.columns + u32(column)];
        }
    }
    target_[(id.z * shape.channels + id.y) * shape.height * shape.width + id.x] = sum;
}
