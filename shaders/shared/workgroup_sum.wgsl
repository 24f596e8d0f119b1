// Sum over the 64 threads of a workgroup.

var<workgroup> totals: array<vec4<f32>, 64>;

// Returns the sum of the threads' values. All threads of the workgroup must call it.
fn workgroup_sum(value: vec4<f32>, local: u32) -> vec4<f32> {
    workgroupBarrier();
    totals[local] = value;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (local < half) {
            totals[local] += totals[local + half];
        }
    }
    workgroupBarrier();
    return totals[0];
}
