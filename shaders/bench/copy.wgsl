// Copies numbers: measures the rate of the adapter's memory. Each thread copies every `threads`th quad. Reference: the source.

@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let threads = groups.x * 64u;
    for (var i = id.x; i < arrayLength(&copied); i += threads) {
        copied[i] = source[i];
    }
}
