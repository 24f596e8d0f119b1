// Independent chains of multiply-adds in registers: measures the adapter's arithmetic. Reference: multiply_adds in
// src/reference/multiply_adds.rs.
//
// `numbers` are the factor, the term, and the start of each chain. Each thread writes the sum of its chains.

alias Quad = vec4<f32>;

const ROUNDS: u32 = 8u;

@group(0) @binding(0) var<storage, read> numbers: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> sums: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let factor = Quad(numbers[0]);
    let term = Quad(numbers[1]);
    var chain_q0 = Quad(numbers[2u + Q0]); // each 8 as q
    // Four steps a round, because naga counts the rounds of every loop.
    for (var i = 0u; i < ROUNDS; i++) {
        chain_q0 = fma(chain_q0, factor, term); // each 8 as q
        chain_q0 = fma(chain_q0, factor, term); // each 8 as q
        chain_q0 = fma(chain_q0, factor, term); // each 8 as q
        chain_q0 = fma(chain_q0, factor, term); // each 8 as q
    }
    var total = vec4<f32>();
    total += vec4<f32>(chain_q0); // each 8 as q
    sums[id.x] = total;
}
