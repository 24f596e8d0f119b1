//! VGG weights in Keras HDF5 files: datasets with four axes and with one axis below groups `block1_conv1` and so on,
//! whatever the datasets are called.
//!
//! A file may declare any shape, and its groups may contain each other and themselves. The traversal is therefore bounded,
//! and shapes are checked before values are read.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use hdf5_pure::{DType, Dataset, Error, File, Group, Layout};

use super::layer::{Found, Read, check_shapes};
use crate::net::models::vgg::{Layer, Vgg};
use crate::weights::foreign::quoted;

/// The deepest nesting of groups in a weight file.
const DEEPEST: usize = 8;
/// Limits of listed groups, and of members in all of them. The checkpoint of a whole training run has a few hundred.
const MOST_GROUPS: usize = 2000;
const MOST_MEMBERS: usize = 200_000;
/// The longest name of a member in bytes. Layers have shorter names.
const LONGEST_NAME: usize = 128;

/// Datasets by path.
type Sets = BTreeMap<String, Dataset>;

/// Reads the convolutions of `vgg`.
pub(super) fn read(bytes: &[u8], vgg: Vgg) -> Read<Vec<Found>> {
    let file = File::from_bytes(bytes.to_vec()).map_err(damaged)?;
    let names: Vec<String> = vgg.layers().map(name_of).collect();
    let sets = collect(&file, &names).map_err(damaged)?;
    vgg.layers().map(|layer| found(&sets, vgg, layer)).collect()
}

fn damaged(error: Error) -> String {
    format!("cannot be read as an HDF5 file ({error})")
}

fn name_of(layer: Layer) -> String {
    format!("block{}_conv{}", layer.block, layer.convolution)
}

/// Collects all datasets below groups of these names, in breadth-first order, from each group once. The library does
/// not tell the address of a group, so a group is taken for a listed one if it has the same members. Such a group is
/// listed again after all others, as far as the limits allow, since two groups may have members of the same names.
fn collect(file: &File, names: &[String]) -> Result<Sets, Error> {
    let mut sets = Sets::new();
    let mut groups = VecDeque::from([(String::new(), file.root(), 0)]);
    let mut repeated = VecDeque::new();
    let mut known = HashSet::new();
    let mut members = 0;
    for _ in 0..MOST_GROUPS {
        let next = groups.pop_front().map(|next| (next, true));
        let Some(((path, group, depth), is_new)) = next.or_else(|| repeated.pop_front().map(|next| (next, false)))
        else {
            break;
        };
        let listing = Listing::of(&group)?;
        members += listing.groups.len() + listing.sets.len();
        // A file with more members is not a network's.
        if members > MOST_MEMBERS {
            break;
        }
        if is_new && !known.insert(listing.identity()) {
            repeated.push_back((path, group, depth));
            continue;
        }
        if names.iter().any(|name| path.split('/').any(|part| part == name)) {
            sets.extend(listing.sets.into_iter().map(|(name, set)| (format!("{path}/{name}"), set)));
        }
        if depth < DEEPEST {
            groups.extend(listing.groups.into_iter().map(|(name, inner)| (format!("{path}/{name}"), inner, depth + 1)));
        }
    }
    Ok(sets)
}

/// The members of a group whose names are not too long.
struct Listing {
    groups: Vec<(String, Group)>,
    sets: Vec<(String, Dataset)>,
}

impl Listing {
    fn of(group: &Group) -> Result<Self, Error> {
        let fits = |name: &str| name.len() <= LONGEST_NAME;
        let groups = group.iter_groups()?.filter(|(name, _)| fits(name)).collect();
        let sets = group.iter_datasets()?.filter(|(name, _)| fits(name)).collect();
        Ok(Self { groups, sets })
    }

    /// Returns a number that is equal for the same group under another path.
    fn identity(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.groups.iter().for_each(|(name, _)| name.hash(&mut hasher));
        self.groups.len().hash(&mut hasher);
        self.sets.iter().for_each(|(name, set)| (name, offset(set)).hash(&mut hasher));
        hasher.finish()
    }
}

fn found(sets: &Sets, vgg: Vgg, layer: Layer) -> Read<Found> {
    let name = name_of(layer);
    let (weights, shape) = only(sets, &name, 4, "weights")?;
    let (biases, counts) = only(sets, &name, 1, "biases")?;
    // Keras orders the axes as height, width, inputs, outputs.
    let turned = [shape[3], shape[2], shape[0], shape[1]];
    let shape = check_shapes(vgg, layer, &turned, &counts)?;
    let (outputs, inputs) = (shape[0], shape[1]);
    let (weights, biases) = (values(weights, &name)?, values(biases, &name)?);
    if weights.len() != 9 * outputs * inputs || biases.len() != outputs {
        return Err(format!("has fewer numbers in `{name}` than it declares"));
    }
    let all = (0..outputs * inputs * 9).map(|i| weights[(i % 9 * inputs + i / 9 % inputs) * outputs + i / 9 / inputs]);
    Ok(Found { weights: all.collect(), shape, biases })
}

/// Returns the only dataset with `rank` axes below `name`, and its shape. The same data under another path does not
/// count as a second dataset.
fn only<'s>(sets: &'s Sets, name: &str, rank: usize, what: &str) -> Read<(&'s Dataset, Vec<usize>)> {
    let inside = format!("/{name}/");
    let mut found: Option<(&Dataset, Vec<usize>)> = None;
    for (_, set) in sets.iter().filter(|(path, _)| path.contains(&inside)) {
        let shape = set.shape().map_err(damaged)?;
        if shape.len() != rank {
            continue;
        }
        match &found {
            Some((first, _)) if offset(first).is_some() && offset(first) == offset(set) => {}
            Some(_) => return Err(format!("has two {what} of `{name}`")),
            None => {
                found =
                    Some((set, shape.into_iter().map(|side| usize::try_from(side).unwrap_or(usize::MAX)).collect()));
            }
        }
    }
    found.ok_or_else(|| format!("has no {what} of `{name}`"))
}

/// Returns the offset of the values in the file.
fn offset(set: &Dataset) -> Option<u64> {
    match set.layout().ok()? {
        Layout::Contiguous { address, .. } => address,
        Layout::Chunked { .. } => set.chunks().ok()?.first().map(|chunk| chunk.address),
        _ => None,
    }
}

/// Reads the values of a dataset whose shape has been checked.
fn values(set: &Dataset, name: &str) -> Read<Vec<f32>> {
    let dtype = set.dtype().map_err(damaged)?;
    if !matches!(dtype, DType::F32 | DType::F64) {
        return Err(format!(
            "has numbers of the type {} in `{name}`, where floats were expected",
            quoted(&dtype.to_string())
        ));
    }
    // A chunk is read as a whole, however small the requested part.
    if let Some(chunk) = set.chunk_shape().map_err(damaged)? {
        let shape = set.shape().map_err(damaged)?;
        if chunk.iter().zip(&shape).any(|(chunk, side)| chunk > side) {
            return Err(format!("has chunks of `{name}` that are larger than the dataset"));
        }
    }
    set.read_f32().map_err(damaged)
}
