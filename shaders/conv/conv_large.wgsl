// Dense convolution of stride 1 with a large kernel: the last layer and, with LANES == 3, the first. The first layer reads a
// picture: weight blocks have three inputs, so that the empty fourth channel has no cost, and nothing is normalized. Like
// conv_direct.wgsl, but processes the taps of a row in groups of three. Reference: src/reference/convolution.rs.

#import conv_run

const KERNEL: u32 = 9u; // a multiple of three

@compute @workgroup_size(8, 2)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x0 = id.x * 8u;
    let y = id.y * ROWS;
    let first = id.z * QUADS;
    if (x0 >= shape.out_size.x || y >= shape.out_size.y) {
        return;
    }
    let pad = i32(KERNEL / 2u);
    var left_r0_q0 = mat4x4<f32>(); // each ROWS as r and QUADS as q
    var right_r0_q0 = mat4x4<f32>(); // each ROWS as r and QUADS as q
    let quad = 0u; // when LANES == 3
    for (var quad = 0u; quad < IN_QUADS; quad++) { // when LANES == 4
        let norm = input_norm(quad); // when LANES == 4
        for (var ky = 0u; ky < KERNEL; ky++) {
            var x = i32(x0) - pad;
            let x_c0 = border_index(x + i32(C0), shape.in_size.x); // each 7 as c
            // each ROWS as r
            let row_r0 = (quad * shape.in_size.y + border_index(i32(y + R0 + ky) - pad, shape.in_size.y)) * shape.in_size.x;
            var v_c0_r0 = load(row_r0 + x_c0, norm); // when LANES == 4 // each 7 as c
            var v_c0_r0 = source[row_r0 + x_c0].xyz; // when LANES == 3 // each 7 as c
            // end each
            for (var kx = 0u; kx < KERNEL; kx += 3u) {
                let w = ((ky * IN_QUADS + quad) * KERNEL + kx) * OUT_QUADS + first;
                let w_t0_q0 = weights[w + T0 * OUT_QUADS + Q0]; // each 3 as t and QUADS as q
                let x_n0 = border_index(x + 7 + i32(N0), shape.in_size.x); // each 3 as n
                // each ROWS as r
                let v_n0_r0 = load(row_r0 + x_n0, norm); // when LANES == 4 // each 3 as n
                let v_n0_r0 = source[row_r0 + x_n0].xyz; // when LANES == 3 // each 3 as n
                let near0_r0 = Window(v_c0_r0, v_c1_r0, v_c2_r0, v_c3_r0);
                let near1_r0 = Window(v_c1_r0, v_c2_r0, v_c3_r0, v_c4_r0);
                let near2_r0 = Window(v_c2_r0, v_c3_r0, v_c4_r0, v_c5_r0);
                let far0_r0 = Window(v_c4_r0, v_c5_r0, v_c6_r0, v_n0_r0);
                let far1_r0 = Window(v_c5_r0, v_c6_r0, v_n0_r0, v_n1_r0);
                let far2_r0 = Window(v_c6_r0, v_n0_r0, v_n1_r0, v_n2_r0);
                left_r0_q0 += mat4x4<f32>(w_t0_q0 * near0_r0 + w_t1_q0 * near1_r0 + w_t2_q0 * near2_r0); // each QUADS as q
                right_r0_q0 += mat4x4<f32>(w_t0_q0 * far0_r0 + w_t1_q0 * far1_r0 + w_t2_q0 * far2_r0); // each QUADS as q
                v_c0_r0 = v_c3_r0;
                v_c1_r0 = v_c4_r0;
                v_c2_r0 = v_c5_r0;
                v_c3_r0 = v_c6_r0;
                v_c4_r0 = v_n0_r0;
                v_c5_r0 = v_n1_r0;
                v_c6_r0 = v_n2_r0;
                // end each
                x += 3;
            }
        }
    } // when LANES == 4
    write_run(
        id,
        first,
        0u,
        left_r0_q0, // each ROWS as r and QUADS as q
        right_r0_q0, // each ROWS as r and QUADS as q
    );
}
