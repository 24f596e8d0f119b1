// Parameters of the windows that im_window.wgsl makes of planes. Tensors have burn's layout: [picture][channel][y][x]. There are
// `blocks` x `blocks` copies, in row order, each with all channels.

struct Shape {
    channels: u32, // of the source
    height: u32,
    width: u32,
    rows: u32, // of the copies
    columns: u32,
    blocks: u32,
    stride: u32,
    zoom: u32,
    offset: i32, // of the first pixel, in the enlarged source
}

@group(0) @binding(1) var<storage, read_write> target_: array<f32>;
@group(0) @binding(2) var<storage, read> shape: Shape;

// Shift between adjacent copies, in pixels.
const SHIFT: u32 = 3u;
