//! Reader of weight archives.
//!
//! The format is safetensors (<https://huggingface.co/docs/safetensors>): eight bytes of header length, a JSON header
//! with type, shape and offsets of every tensor and a table of metadata, then the tensor data. Tensors of type `F32`
//! and `F16` are stored directly; an `I8` tensor `NAME` is quantized and accompanied by `NAME.scale`, `F32`, with one
//! positive scale per slice of the first axis.
//!
//! An archive comes from the network or from the user's disk and is untrusted: every length, offset, type, shape and
//! number is checked before use, and no allocation uses a length that exceeds the file's own.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorInfo};
use serde_json::Value;

use super::{half, hash};
use crate::error::{Error, Result};

/// Maximum bytes of a header. Typical headers have a few KiB; parsed JSON takes many times the memory of its text.
const MAX_HEADER: u64 = 1 << 20;
/// Bytes of the header's length, a little-endian u64 at the start of the file.
const PREFIX: usize = 8;

/// A weight archive in memory with a validated header.
#[derive(Debug, Clone)]
pub struct Archive {
    /// All bytes after the header.
    data: Vec<u8>,
    metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, TensorInfo>,
}

impl Archive {
    /// Parses and validates the header: offsets are in order, without holes or overlaps, the length of each tensor
    /// matches its type and shape, and the last tensor ends at the end of the file.
    ///
    /// # Errors
    /// [`Error::Tensor`] if the entry of one tensor is invalid, [`Error::Archive`] if the file as a whole is.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let header = header(bytes)?;
        let (length, contents) = SafeTensors::read_metadata(bytes).map_err(|e| explain(&e, header, bytes.len()))?;
        let tensors = contents.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        let metadata = contents.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok(Self { data: bytes[PREFIX + length..].to_vec(), metadata, tensors })
    }

    /// Returns this archive with the tensors of `other` added; the metadata of `other` is dropped. For networks in
    /// several files.
    ///
    /// # Errors
    /// [`Error::Tensor`] if both have a tensor of the same name.
    pub fn join(mut self, other: Self) -> Result<Self> {
        let shift = self.data.len();
        self.data.extend(other.data);
        for (name, mut info) in other.tensors {
            if self.tensors.contains_key(&name) {
                return Err(Error::tensor(name, "is in two archives that belong together"));
            }
            info.data_offsets = (info.data_offsets.0 + shift, info.data_offsets.1 + shift);
            self.tensors.insert(name, info);
        }
        Ok(self)
    }

    /// Returns the metadata under `key`, such as `network` or `licence`.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Returns the names of all tensors, scales included, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Returns the shape of tensor `name`, if it exists.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|info| info.shape.as_slice())
    }

    /// Returns the bytes of the blob `name`, such as the file of a small picture.
    ///
    /// # Errors
    /// [`Error::Tensor`] if it is missing or not a list of `U8`.
    pub fn bytes(&self, name: &str) -> Result<&[u8]> {
        let count = self.shape(name).map_or(0, |shape| shape.iter().product());
        match self.entry(name, &[count])? {
            (Dtype::U8, bytes) => Ok(bytes),
            (other, _) => Err(Error::tensor(name, format!("has type {other}; U8 was expected"))),
        }
    }

    /// Returns the SHA-256 of the tensors `names` and their scales as 64 hexadecimal digits. Other contents of the
    /// archive have no effect.
    ///
    /// # Errors
    /// [`Error::Tensor`] if a tensor is missing.
    pub fn fingerprint(&self, names: &[String]) -> Result<String> {
        let mut parts: BTreeMap<String, &TensorInfo> = BTreeMap::new();
        for name in names {
            let info = self.tensors.get(name).ok_or_else(|| Error::tensor(name, "is missing"))?;
            parts.insert(name.clone(), info);
            let scale = scale_name(name);
            if let Some(info) = self.tensors.get(&scale) {
                parts.insert(scale, info);
            }
        }
        let mut text = Vec::new();
        for (name, info) in parts {
            let (_, bytes) = self.entry(&name, &info.shape)?;
            // A line break after name, type and shape makes the encoding of a set of tensors unique.
            text.extend(format!("{name:?} {} {:?}\n", info.dtype, info.shape).into_bytes());
            text.extend(bytes);
        }
        Ok(hash::hex_sha256(&text))
    }

    /// Returns the values of tensor `name` in row-major order, dequantized if it is quantized.
    ///
    /// # Errors
    /// [`Error::Tensor`] if it is missing, has another shape or a type that is not `F32`, `F16` or `I8`, holds numbers
    /// that are not finite, or lacks usable scales.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let (dtype, bytes) = self.entry(name, shape)?;
        let values: Vec<f32> = match dtype {
            Dtype::F32 => floats(bytes).collect(),
            Dtype::F16 => bytes.chunks_exact(2).map(|b| half::to_f32(u16::from_le_bytes([b[0], b[1]]))).collect(),
            Dtype::I8 => self.dequantize(name, shape, bytes)?,
            other => return Err(Error::tensor(name, format!("has type {other}; F32, F16 or I8 was expected"))),
        };
        match values.iter().position(|v| !v.is_finite()) {
            Some(i) => Err(Error::tensor(name, format!("has the value {} at position {i}", values[i]))),
            None => Ok(values),
        }
    }

    /// Returns type and bytes of a tensor after checking its shape.
    fn entry(&self, name: &str, shape: &[usize]) -> Result<(Dtype, &[u8])> {
        let info = self.tensors.get(name).ok_or_else(|| Error::tensor(name, "is missing"))?;
        if info.shape != shape {
            let problem = format!("has shape {:?}; {shape:?} was expected", info.shape);
            return Err(Error::tensor(name, problem));
        }
        let (start, end) = info.data_offsets;
        match self.data.get(start..end) {
            Some([]) => Err(Error::tensor(name, "is empty")),
            Some(bytes) => Ok((info.dtype, bytes)),
            None => Err(Error::tensor(name, "lies outside of the file")),
        }
    }

    fn dequantize(&self, name: &str, shape: &[usize], levels: &[u8]) -> Result<Vec<f32>> {
        let Some(&slices) = shape.first() else {
            return Err(Error::tensor(name, "is quantized but has no axis for its scales"));
        };
        let scale_name = scale_name(name);
        let (dtype, bytes) = self.entry(&scale_name, &[slices])?;
        if dtype != Dtype::F32 {
            return Err(Error::tensor(scale_name, format!("has type {dtype}; F32 was expected")));
        }
        let mut values = Vec::with_capacity(levels.len());
        for (slice, scale) in levels.chunks(levels.len() / slices).zip(floats(bytes)) {
            if !(scale.is_finite() && scale > 0.0) {
                return Err(Error::tensor(
                    scale_name,
                    format!("has the scale {scale}; scales must be positive and finite"),
                ));
            }
            values.extend(slice.iter().map(|&level| f32::from(level as i8) * scale));
        }
        Ok(values)
    }
}

/// Returns the name of the scales of the quantized tensor `name`.
pub(super) fn scale_name(name: &str) -> String {
    format!("{name}.scale")
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// Returns the bytes of the JSON header after checking its length.
fn header(bytes: &[u8]) -> Result<&[u8]> {
    let damaged = |problem: String| Err(Error::Archive(problem));
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
        return damaged(format!("it has only {} bytes", bytes.len()));
    };
    let length = u64::from_le_bytes(*prefix);
    if length > MAX_HEADER {
        return damaged(format!("its header has a length of {length} bytes, but at most {MAX_HEADER} are allowed"));
    }
    // The limit above makes the cast exact, also with a 32-bit usize.
    match rest.get(..length as usize) {
        Some(header) => Ok(header),
        None => damaged(format!("its header has a length of {length} bytes, but only {} follow", rest.len())),
    }
}

/// Returns the error for a header that the parser refused. The parser often does not name the invalid tensor (and with
/// a 32-bit usize, it reports a 5 GB offset as broken JSON), so the header is searched for the invalid entry.
fn explain(error: &SafeTensorError, header: &[u8], file: usize) -> Error {
    let Ok(Value::Object(entries)) = serde_json::from_slice(header) else {
        return Error::Archive(format!("its header is not a table of tensors ({error})"));
    };
    let mut sound = Vec::new();
    for (name, entry) in entries.iter().filter(|(name, _)| *name != "__metadata__") {
        match check_entry(entry, (file - PREFIX - header.len()) as u64) {
            Ok((start, end)) => sound.push((start, end, name)),
            Err(problem) => return Error::tensor(name, problem),
        }
    }
    sound.sort();
    let mut covered = 0;
    for (start, end, name) in sound {
        if start != covered {
            let problem = if start < covered { "overlaps" } else { "leaves a gap after" };
            return Error::tensor(name, format!("{problem} the tensor before it (byte {start} instead of {covered})"));
        }
        covered = end;
    }
    Error::Archive(error.to_string())
}

/// Returns the offsets of one entry of the header if they match its type and shape and lie within `available` bytes.
fn check_entry(entry: &Value, available: u64) -> std::result::Result<(u64, u64), String> {
    let field = |key: &str| entry.get(key).ok_or_else(|| format!("has no `{key}` in the header"));
    let dtype: Dtype = serde_json::from_value(field("dtype")?.clone())
        .map_err(|_| format!("has the unknown type {}", field("dtype").unwrap_or(&Value::Null)))?;
    let shape: Vec<u64> = serde_json::from_value(field("shape")?.clone()).map_err(|_| "has no usable shape")?;
    let (start, end): (u64, u64) =
        serde_json::from_value(field("data_offsets")?.clone()).map_err(|_| "has no usable offsets")?;
    let bits = shape.iter().try_fold(dtype.bitsize() as u64, |n, &side| n.checked_mul(side));
    let Some(bits) = bits else {
        return Err(format!("has the impossible shape {shape:?}"));
    };
    if end < start {
        return Err(format!("ends at byte {end}, before its start at {start}"));
    }
    if end > available {
        return Err(format!("ends at byte {end}, but the file has only {available}: it is truncated or damaged"));
    }
    if bits % 8 != 0 || bits / 8 != end - start {
        return Err(format!("has {} bytes, which do not fit type {dtype} and shape {shape:?}", end - start));
    }
    Ok((start, end))
}
