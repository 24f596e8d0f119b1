//! Networks of PyTorch's example `fast_neural_style`, as `torch.save(model.state_dict(), ...)` writes them.

use std::collections::BTreeSet;

use super::parts::{Found, MOST_WEIGHTS, Read, Skeleton};
use crate::import::torch::StateDict;
use crate::style::Norm;
use crate::weights::foreign::quoted;

/// The first and the last convolution.
const FIRST: &str = "conv1.conv2d.weight";
const LAST: &str = "deconv3.conv2d.weight";

/// Converts all tensors of the file.
pub fn read(bytes: &[u8]) -> Read<Skeleton> {
    let file = StateDict::parse(bytes)?;
    let Some(prefix) = prefix(&file) else {
        let what = "is not a network of PyTorch's example fast_neural_style";
        return Err(format!("{what}: it has no tensor `{FIRST}`"));
    };
    let mut reader = Reader { file, prefix, taken: BTreeSet::new(), left: MOST_WEIGHTS };
    let contract = (1..=3).map(|i| reader.normalized(format!("conv{i}"), format!("in{i}"))).collect::<Read<_>>()?;
    let mut blocks = Vec::new();
    while reader.has(&format!("res{}.conv1.conv2d.weight", blocks.len() + 1)) {
        let block = format!("res{}", blocks.len() + 1);
        let mut half = |i| reader.normalized(format!("{block}.conv{i}"), format!("{block}.in{i}"));
        blocks.push([half(1)?, half(2)?]);
    }
    let mut expand = Vec::new();
    for (i, norm) in [(1, 4), (2, 5)] {
        expand.push(reader.normalized(format!("deconv{i}"), format!("in{norm}"))?);
    }
    expand.push(reader.convolution("deconv3".to_string())?);
    if let Some(left) = reader.file.names().find(|name| !reader.taken.contains(*name)) {
        return Err(format!("has a tensor {} that belongs to no layer of this kind of network", quoted(left)));
    }
    Ok(Skeleton { input: [1.0; 3], contract, blocks, expand, sigmoid: false, white: None })
}

/// Returns the prefix of all names, such as `module.` in networks trained on several devices.
fn prefix(file: &StateDict) -> Option<String> {
    let prefixes: Vec<&str> = file.names().filter_map(|name| name.strip_suffix(FIRST)).collect();
    // Residual blocks have a `conv1` too, and names of the last layers end in it.
    let whole = prefixes.iter().find(|prefix| file.shape(&format!("{prefix}{LAST}")).is_some());
    let of_block = |prefix: &str| prefix.trim_end_matches(|c: char| c == '.' || c.is_ascii_digit()).ends_with("res");
    let begins = |prefix: &str| prefix.is_empty() || (prefix.ends_with('.') && !of_block(prefix));
    whole.or_else(|| prefixes.iter().find(|prefix| begins(prefix))).map(ToString::to_string)
}

struct Reader<'a> {
    file: StateDict<'a>,
    prefix: String,
    taken: BTreeSet<String>,
    /// The number of values that may still be read. It is limited, since a file may refer to a storage many times.
    left: usize,
}

impl Reader<'_> {
    fn has(&self, name: &str) -> bool {
        self.file.shape(&format!("{}{name}", self.prefix)).is_some()
    }

    /// Reads shape and values of tensor `name`, and marks it as used.
    fn take(&mut self, name: &str) -> Read<(Vec<usize>, Vec<f32>)> {
        let full = format!("{}{name}", self.prefix);
        let shape = self.file.shape(&full).ok_or_else(|| format!("has no tensor {}", quoted(&full)))?.to_vec();
        let count = shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
        let left = count.and_then(|count| self.left.checked_sub(count));
        self.left = left.ok_or_else(|| format!("has more numbers in {} than fit into a style pack", quoted(&full)))?;
        let values = self.file.values(&full)?;
        self.taken.insert(full);
        Ok((shape, values))
    }

    fn convolution(&mut self, name: String) -> Read<Found> {
        let (shape, weights) = self.take(&format!("{name}.conv2d.weight"))?;
        let bias = self.take(&format!("{name}.conv2d.bias"))?.1;
        Ok(Found { name, shape, weights, bias: Some(bias), norm: None })
    }

    fn normalized(&mut self, name: String, norm: String) -> Read<Found> {
        let found = self.convolution(name)?;
        let scale = self.take(&format!("{norm}.weight"))?.1;
        let shift = self.take(&format!("{norm}.bias"))?.1;
        // Files from 2017 contain statistics too, which the network never used.
        for unused in ["running_mean", "running_var", "num_batches_tracked"] {
            self.taken.insert(format!("{}{norm}.{unused}", self.prefix));
        }
        Ok(Found { norm: Some(Norm { scale, shift }), ..found })
    }
}
