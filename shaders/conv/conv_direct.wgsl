// Dense 3x3 convolution without workgroup memory: a thread computes 8 pixels x ROWS rows x QUADS quads of channels, so that a
// loaded weight is used for many pixels. For software adapters, where barriers are expensive and a load costs more than a dozen
// multiplications. Reference: src/reference/convolution.rs.

#import conv_run

const STRIDE: u32 = 2u; // 1 or 2
const COLUMNS: u32 = 17u; // of the input that a thread reads: 7 * STRIDE + 3

@compute @workgroup_size(8, 2)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x0 = id.x * 8u;
    let y = id.y * ROWS;
    let first = id.z * QUADS;
    let width = shape.out_size.x;
    let height = shape.out_size.y;
    if (x0 >= width || y >= height) {
        return;
    }
    let x_c0 = border_index(i32(x0 * STRIDE) + i32(C0) - 1, shape.in_size.x); // each COLUMNS as c
    var left_r0_q0 = mat4x4<f32>(); // each ROWS as r and QUADS as q
    var right_r0_q0 = mat4x4<f32>(); // each ROWS as r and QUADS as q
    for (var quad = 0u; quad < IN_QUADS; quad++) {
        let norm = input_norm(quad);
        for (var ky = 0u; ky < 3u; ky++) {
            let w = (ky * IN_QUADS + quad) * 3u * OUT_QUADS + first;
            let w_t0_q0 = weights[w + T0 * OUT_QUADS + Q0]; // each 3 as t and QUADS as q
            // each ROWS as r
            let row_r0 = (quad * shape.in_size.y + border_index(i32((y + R0) * STRIDE + ky) - 1, shape.in_size.y)) * shape.in_size.x;
            let v_c0_r0 = load(row_r0 + x_c0, norm); // each COLUMNS as c
            // when STRIDE == 1
            let near0_r0 = Window(v_c0_r0, v_c1_r0, v_c2_r0, v_c3_r0);
            let near1_r0 = Window(v_c1_r0, v_c2_r0, v_c3_r0, v_c4_r0);
            let near2_r0 = Window(v_c2_r0, v_c3_r0, v_c4_r0, v_c5_r0);
            let far0_r0 = Window(v_c4_r0, v_c5_r0, v_c6_r0, v_c7_r0);
            let far1_r0 = Window(v_c5_r0, v_c6_r0, v_c7_r0, v_c8_r0);
            let far2_r0 = Window(v_c6_r0, v_c7_r0, v_c8_r0, v_c9_r0);
            // end when
            // when STRIDE == 2
            let near0_r0 = Window(v_c0_r0, v_c2_r0, v_c4_r0, v_c6_r0);
            let near1_r0 = Window(v_c1_r0, v_c3_r0, v_c5_r0, v_c7_r0);
            let near2_r0 = Window(v_c2_r0, v_c4_r0, v_c6_r0, v_c8_r0);
            let far0_r0 = Window(v_c8_r0, v_c10_r0, v_c12_r0, v_c14_r0);
            let far1_r0 = Window(v_c9_r0, v_c11_r0, v_c13_r0, v_c15_r0);
            let far2_r0 = Window(v_c10_r0, v_c12_r0, v_c14_r0, v_c16_r0);
            // end when
            left_r0_q0 += mat4x4<f32>(w_t0_q0 * near0_r0 + w_t1_q0 * near1_r0 + w_t2_q0 * near2_r0); // each QUADS as q
            right_r0_q0 += mat4x4<f32>(w_t0_q0 * far0_r0 + w_t1_q0 * far1_r0 + w_t2_q0 * far2_r0); // each QUADS as q
            // when RESIDUAL == 2
            if (id.z == 0u && ky == 1u && y + R0 < height) {
                let centre = row_r0 + x0;
                let rest = width - x0;
                sum[centre] = v_c1_r0;
                if (rest > 1u) { sum[centre + 1u] = v_c2_r0; }
                if (rest > 2u) { sum[centre + 2u] = v_c3_r0; }
                if (rest > 3u) { sum[centre + 3u] = v_c4_r0; }
                if (rest > 4u) { sum[centre + 4u] = v_c5_r0; }
                if (rest > 5u) { sum[centre + 5u] = v_c6_r0; }
                if (rest > 6u) { sum[centre + 6u] = v_c7_r0; }
                if (rest > 7u) { sum[centre + 7u] = v_c8_r0; }
            }
            // end when
            // end each
        }
    }
    write_run(
        id,
        first,
        0u,
        left_r0_q0, // each ROWS as r and QUADS as q
        right_r0_q0, // each ROWS as r and QUADS as q
    );
}
