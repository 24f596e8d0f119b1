// Statistics of a rectangle of a tensor, for pictures that are processed in parts: the mean and the sum of squared distances from
// it, of each channel in each row. One workgroup per row and quad of channels. The caller merges the rows. Reference: row_moments
// in src/reference/layers.rs.

#import workgroup_sum

alias Quad = vec4<f32>; // storage type

struct Shape {
    size: vec2<u32>, // of the tensor
    origin: vec2<u32>, // of the rectangle
    columns: u32, // of the rectangle
    rows: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> tensor: array<Quad>;
@group(0) @binding(2) var<storage, read_write> moments: array<vec4<f32>>; // for each quad and row: the mean, the sum of squares

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let row = (group.y * shape.size.y + shape.origin.y + group.x) * shape.size.x + shape.origin.x;
    var sum = vec4<f32>();
    for (var x = local; x < shape.columns; x += 64u) {
        sum += vec4<f32>(tensor[row + x]);
    }
    let mean = workgroup_sum(sum, local) / f32(shape.columns);
    var spread = vec4<f32>();
    for (var x = local; x < shape.columns; x += 64u) {
        let distance = vec4<f32>(tensor[row + x]) - mean;
        spread += distance * distance;
    }
    let squares = workgroup_sum(spread, local);
    if (local == 0u) {
        let i = 2u * (group.y * shape.rows + group.x);
        moments[i] = mean;
        moments[i + 1u] = squares;
    }
}
