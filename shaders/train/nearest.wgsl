// For each row of `own` the row of `among` with the largest product. A workgroup compares 64 rows with a chunk of the rows of
// `among`, in tiles of 64 x 64, of which a thread has 8 x 8: rows y, y + 8, ... and columns x, x + 8, ... of the tile.
// Reference: nearest in src/reference/nearest.rs.
//
// Rows are [row][channels] with channels in quads of four; found is [largest product, row of `among`][chunk][row].

struct Shape {
    rows: u32,
    columns: u32, // rows of `among`
    quads: u32,
    tiles: u32, // tiles of columns per chunk
}

// The largest products of four rows so far, and whose they are.
struct Best {
    values: vec4<f32>,
    columns: vec4<f32>,
}

@group(0) @binding(0) var<storage, read> own: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> among: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> found: array<f32>;
@group(0) @binding(3) var<storage, read> shape: Shape;

// Four quads of 64 rows: [quad][row].
var<workgroup> left: array<vec4<f32>, 256>;
var<workgroup> right: array<vec4<f32>, 256>;
// What the eight threads of a row have found: [row][thread].
var<workgroup> values: array<f32, 512>;
var<workgroup> columns: array<f32, 512>;

// Loads quad `quad` of row `first` + `row` of each matrix to `place`. Rows behind the last are the last again.
fn load(place: u32, first_row: u32, first_column: u32, row: u32, quad: u32) {
    var a = vec4<f32>();
    var b = vec4<f32>();
    if (quad < shape.quads) {
        a = own[min(first_row + row, shape.rows - 1u) * shape.quads + quad];
        b = among[min(first_column + row, shape.columns - 1u) * shape.quads + quad];
    }
    left[place] = a;
    right[place] = b;
}

// Keeps the larger products. Columns come in their order, so that the first of equal ones stays.
fn larger(best: Best, products: vec4<f32>, column: u32) -> Best {
    let better = products > best.values;
    let place = vec4<f32>(f32(min(column, shape.columns - 1u)));
    return Best(select(best.values, products, better), select(best.columns, place, better));
}

fn store(row: u32, thread: u32, best: Best) {
    for (var i = 0u; i < 4u; i++) {
        values[(row + 8u * i) * 8u + thread] = best.values[i];
        columns[(row + 8u * i) * 8u + thread] = best.columns[i];
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let x = thread % 8u;
    let y = thread / 8u;
    let first_row = group.x * 64u;
    let first_tile = group.y * shape.tiles;
    let last_tile = min(first_tile + shape.tiles, (shape.columns + 63u) / 64u);
    // The smallest number: every product is larger.
    var upper = Best(vec4<f32>(-3.4e38), vec4<f32>());
    var lower = upper;
    for (var tile = first_tile; tile < last_tile; tile++) {
        let first_column = tile * 64u;
        // Products of rows y, y + 8, y + 16, y + 24 with the columns, and of the rows 32 below.
        var u0 = vec4<f32>();
        var u1 = vec4<f32>();
        var u2 = vec4<f32>();
        var u3 = vec4<f32>();
        var u4 = vec4<f32>();
        var u5 = vec4<f32>();
        var u6 = vec4<f32>();
        var u7 = vec4<f32>();
        var l0 = vec4<f32>();
        var l1 = vec4<f32>();
        var l2 = vec4<f32>();
        var l3 = vec4<f32>();
        var l4 = vec4<f32>();
        var l5 = vec4<f32>();
        var l6 = vec4<f32>();
        var l7 = vec4<f32>();
        for (var quad = 0u; quad < shape.quads; quad += 4u) {
            workgroupBarrier();
            load(thread, first_row, first_column, thread, quad);
            load(thread + 64u, first_row, first_column, thread, quad + 1u);
            load(thread + 128u, first_row, first_column, thread, quad + 2u);
            load(thread + 192u, first_row, first_column, thread, quad + 3u);
            workgroupBarrier();
            for (var part = 0u; part < 256u; part += 64u) {
                let above = part + y;
                let a = mat4x4<f32>(left[above], left[above + 8u], left[above + 16u], left[above + 24u]);
                let b = mat4x4<f32>(left[above + 32u], left[above + 40u], left[above + 48u], left[above + 56u]);
                let column = part + x;
                let c0 = right[column];
                u0 += c0 * a;
                l0 += c0 * b;
                let c1 = right[column + 8u];
                u1 += c1 * a;
                l1 += c1 * b;
                let c2 = right[column + 16u];
                u2 += c2 * a;
                l2 += c2 * b;
                let c3 = right[column + 24u];
                u3 += c3 * a;
                l3 += c3 * b;
                let c4 = right[column + 32u];
                u4 += c4 * a;
                l4 += c4 * b;
                let c5 = right[column + 40u];
                u5 += c5 * a;
                l5 += c5 * b;
                let c6 = right[column + 48u];
                u6 += c6 * a;
                l6 += c6 * b;
                let c7 = right[column + 56u];
                u7 += c7 * a;
                l7 += c7 * b;
            }
        }
        let column = first_column + x;
        upper = larger(upper, u0, column);
        upper = larger(upper, u1, column + 8u);
        upper = larger(upper, u2, column + 16u);
        upper = larger(upper, u3, column + 24u);
        upper = larger(upper, u4, column + 32u);
        upper = larger(upper, u5, column + 40u);
        upper = larger(upper, u6, column + 48u);
        upper = larger(upper, u7, column + 56u);
        lower = larger(lower, l0, column);
        lower = larger(lower, l1, column + 8u);
        lower = larger(lower, l2, column + 16u);
        lower = larger(lower, l3, column + 24u);
        lower = larger(lower, l4, column + 32u);
        lower = larger(lower, l5, column + 40u);
        lower = larger(lower, l6, column + 48u);
        lower = larger(lower, l7, column + 56u);
    }
    store(y, x, upper);
    store(y + 32u, x, lower);
    workgroupBarrier();
    // Thread i compares what was found for row i.
    var value = values[thread * 8u];
    var column = columns[thread * 8u];
    for (var i = 1u; i < 8u; i++) {
        let other = values[thread * 8u + i];
        let place = columns[thread * 8u + i];
        if (other > value || (other == value && place < column)) {
            value = other;
            column = place;
        }
    }
    let row = first_row + thread;
    if (row < shape.rows) {
        let chunks = ((shape.columns + 63u) / 64u + shape.tiles - 1u) / shape.tiles;
        let place = group.y * shape.rows + row;
        found[place] = value;
        found[chunks * shape.rows + place] = column;
    }
}
