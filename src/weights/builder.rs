//! Writer of weight archives.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use safetensors::tensor::{Dtype, TensorInfo};

use super::archive::scale_name;
use super::{half, quantize};
use crate::error::{Error, Result};

/// Collects tensors and metadata and writes them as one archive. Equal contents give equal bytes, independent of the
/// order of insertion.
#[derive(Debug, Clone, Default)]
pub struct ArchiveBuilder {
    metadata: BTreeMap<String, String>,
    tensors: Vec<(String, Tensor)>,
    blobs: Vec<(String, Vec<u8>)>,
}

#[derive(Debug, Clone)]
struct Tensor {
    storage: Storage,
    shape: Vec<usize>,
    values: Vec<f32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Storage {
    Float,
    Half,
    Quantized,
}

/// Tensors as stored in the file, in file order: widest types first, so that every tensor is aligned.
type Encoded = BTreeMap<(Reverse<usize>, String), (Dtype, Vec<usize>, Vec<u8>)>;

impl ArchiveBuilder {
    /// Creates a builder without contents.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an entry of the header's metadata.
    pub fn metadata(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Adds a tensor stored in single precision. `values` are in row-major order and match `shape` in number.
    pub fn float(&mut self, name: impl Into<String>, shape: &[usize], values: &[f32]) -> &mut Self {
        self.add(name.into(), Storage::Float, shape, values)
    }

    /// Adds a tensor stored in half precision, rounded to nearest.
    pub fn half(&mut self, name: impl Into<String>, shape: &[usize], values: &[f32]) -> &mut Self {
        self.add(name.into(), Storage::Half, shape, values)
    }

    /// Adds a tensor stored as 8-bit integers, and `NAME.scale` with one scale per slice of the first axis.
    pub fn quantized(&mut self, name: impl Into<String>, shape: &[usize], values: &[f32]) -> &mut Self {
        self.add(name.into(), Storage::Quantized, shape, values)
    }

    /// Adds a blob, such as the file of a small picture, as a list of unsigned bytes.
    pub fn bytes(&mut self, name: impl Into<String>, bytes: &[u8]) -> &mut Self {
        self.blobs.push((name.into(), bytes.to_vec()));
        self
    }

    fn add(&mut self, name: String, storage: Storage, shape: &[usize], values: &[f32]) -> &mut Self {
        self.tensors.push((name, Tensor { storage, shape: shape.to_vec(), values: values.to_vec() }));
        self
    }

    /// Returns the bytes of the archive.
    ///
    /// # Errors
    /// [`Error::Tensor`] if a name is duplicate or reserved, a shape does not match its values, is empty or, for a
    /// quantized tensor, has no axis, or a number cannot be stored.
    pub fn finish(&self) -> Result<Vec<u8>> {
        let mut entries = Vec::new();
        for (name, tensor) in &self.tensors {
            tensor.check(name)?;
            entries.extend(tensor.encode(name));
        }
        for (name, bytes) in &self.blobs {
            if bytes.is_empty() {
                return Err(Error::tensor(name, "is empty"));
            }
            entries.push((name.clone(), Dtype::U8, vec![bytes.len()], bytes.clone()));
        }
        let mut encoded = Encoded::new();
        let mut taken = BTreeSet::from(["__metadata__".to_string()]);
        for (name, dtype, shape, bytes) in entries {
            if !taken.insert(name.clone()) {
                return Err(Error::tensor(name, "has the name of another tensor"));
            }
            encoded.insert((Reverse(dtype.bitsize()), name), (dtype, shape, bytes));
        }
        let header = self.header(&encoded)?;
        let mut out = (header.len() as u64).to_le_bytes().to_vec();
        out.extend(header);
        encoded.into_values().for_each(|(_, _, bytes)| out.extend(bytes));
        Ok(out)
    }

    /// Returns the JSON header, padded so that the data starts at a multiple of eight bytes. The safetensors crate is
    /// not used for this, because it stores metadata in a hash map, whose order changes from run to run.
    fn header(&self, encoded: &Encoded) -> Result<Vec<u8>> {
        let json = |e: serde_json::Error| Error::Archive(e.to_string());
        let mut fields = Vec::with_capacity(encoded.len() + 1);
        if !self.metadata.is_empty() {
            fields.push(format!("\"__metadata__\":{}", serde_json::to_string(&self.metadata).map_err(json)?));
        }
        let mut start = 0;
        for ((_, name), (dtype, shape, bytes)) in encoded {
            let end = start + bytes.len();
            let info = TensorInfo { dtype: *dtype, shape: shape.clone(), data_offsets: (start, end) };
            let name = serde_json::to_string(name).map_err(json)?;
            fields.push(format!("{name}:{}", serde_json::to_string(&info).map_err(json)?));
            start = end;
        }
        let mut header = format!("{{{}}}", fields.join(",")).into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        Ok(header)
    }
}

impl Tensor {
    fn check(&self, name: &str) -> Result<()> {
        let count = self.shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side));
        if count != Some(self.values.len()) || self.values.is_empty() {
            let problem = format!("has {} values, which do not fit shape {:?}", self.values.len(), self.shape);
            return Err(Error::tensor(name, problem));
        }
        if self.storage == Storage::Quantized && self.shape.is_empty() {
            return Err(Error::tensor(name, "has no axis for its scales"));
        }
        let storable = |v: &f32| match self.storage {
            Storage::Half => half::to_f32(half::from_f32(*v)).is_finite(),
            Storage::Float | Storage::Quantized => v.is_finite(),
        };
        match self.values.iter().find(|v| !storable(v)) {
            Some(v) => Err(Error::tensor(name, format!("has the value {v}, which cannot be stored"))),
            None => Ok(()),
        }
    }

    fn encode(&self, name: &str) -> Vec<(String, Dtype, Vec<usize>, Vec<u8>)> {
        let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let entry = |dtype, bytes| (name.to_owned(), dtype, self.shape.clone(), bytes);
        match self.storage {
            Storage::Float => vec![entry(Dtype::F32, floats(&self.values))],
            Storage::Half => {
                let bytes = self.values.iter().flat_map(|v| half::from_f32(*v).to_le_bytes()).collect();
                vec![entry(Dtype::F16, bytes)]
            }
            Storage::Quantized => {
                let q = quantize::quantize(&self.values, self.shape[0]);
                let levels = q.levels.iter().map(|v| *v as u8).collect();
                let scales = (scale_name(name), Dtype::F32, vec![q.scales.len()], floats(&q.scales));
                vec![entry(Dtype::I8, levels), scales]
            }
        }
    }
}
