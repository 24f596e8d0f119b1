//! Buffer reuse by lifetime: determines which tensors of a plan can share memory.

/// A tensor's memory requirement: its size in bytes, the step that writes it and the last step that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Size in bytes.
    pub bytes: u64,
    /// Number of the step that writes the tensor.
    pub written: usize,
    /// Number of the last step that reads it; at least `written`.
    pub last_read: usize,
}

/// The buffer of each tensor, and the sizes of the buffers in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Index in `bytes` of the buffer of each tensor.
    pub buffer_of: Vec<usize>,
    /// Size of each buffer in bytes.
    pub bytes: Vec<u64>,
}

/// Assigns tensors, in the order in which they are written, to buffers. The greedy algorithm selects the smallest free
/// buffer that is large enough, else enlarges the largest free one, else adds a new one.
pub fn assign(tensors: &[Lifetime]) -> Assignment {
    let mut bytes: Vec<u64> = Vec::new();
    let mut busy_until: Vec<usize> = Vec::new();
    let mut buffer_of = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let free = |b: &usize| busy_until[*b] < tensor.written;
        let fitting = (0..bytes.len()).filter(free).filter(|&b| bytes[b] >= tensor.bytes).min_by_key(|&b| bytes[b]);
        let chosen = fitting.or_else(|| (0..bytes.len()).filter(free).max_by_key(|&b| bytes[b]));
        let buffer = chosen.unwrap_or_else(|| {
            bytes.push(0);
            busy_until.push(0);
            bytes.len() - 1
        });
        bytes[buffer] = bytes[buffer].max(tensor.bytes);
        busy_until[buffer] = tensor.last_read;
        buffer_of.push(buffer);
    }
    Assignment { buffer_of, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(bytes: u64, written: usize, last_read: usize) -> Lifetime {
        Lifetime { bytes, written, last_read }
    }

    #[test]
    fn a_chain_needs_two_buffers() {
        let chain: Vec<_> = (0..6).map(|i| tensor(100 + i as u64, i, i + 1)).collect();
        assert_eq!(assign(&chain).bytes.len(), 2);
    }

    #[test]
    fn living_tensors_never_share() {
        let tensors =
            [tensor(9, 0, 3), tensor(4, 1, 2), tensor(7, 2, 5), tensor(3, 3, 4), tensor(9, 4, 6), tensor(1, 5, 6)];
        let plan = assign(&tensors);
        for (i, a) in tensors.iter().enumerate() {
            assert!(plan.bytes[plan.buffer_of[i]] >= a.bytes);
            for (j, b) in tensors.iter().enumerate().skip(i + 1) {
                let overlap = a.written <= b.last_read && b.written <= a.last_read;
                assert!(!overlap || plan.buffer_of[i] != plan.buffer_of[j], "{i} and {j}");
            }
        }
    }
}
