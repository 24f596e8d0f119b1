//! PyTorch weight files, `torch.save(model.state_dict(), ...)`: zip archives, as written since PyTorch 1.6, and the
//! older format, a sequence of pickles, which torchvision's older files still use.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::pickle::{self, Storage, Stored, Value};
use crate::weights::foreign::quoted;
use crate::weights::half;

/// First bytes of a zip archive.
const ZIP: &[u8] = b"PK\x03\x04";
/// First bytes of the older format: a pickle of an 80-bit magic number.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Keys under which checkpoints store the weights, the most likely first.
const PLACES: [&str; 8] =
    ["state_dict", "model_state_dict", "model", "net", "network", "generator", "params_ema", "params"];
/// The longest name of a tensor in bytes.
const LONGEST_NAME: usize = 256;
/// The deepest nesting of tables that is searched for the weights.
const DEEPEST: usize = 3;

type Result<T> = std::result::Result<T, String>;

/// The tensors of a file by name. Their values are read on request.
pub struct StateDict<'a> {
    tensors: Tensors,
    storages: BTreeMap<String, &'a [u8]>,
}

/// Tensors by name. Names and tensors are shared with the pickle, since a file may refer to one of them many times.
type Tensors = BTreeMap<Rc<str>, Rc<Stored>>;

/// Returns whether `bytes` begin like a PyTorch weight file.
pub fn is_state_dict(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP) || bytes.starts_with(LEGACY)
}

impl<'a> StateDict<'a> {
    /// Parses the table of tensors.
    ///
    /// # Errors
    /// A description of the problem, phrased as the end of a sentence about the file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        if bytes.starts_with(ZIP) { Self::zipped(bytes) } else { Self::legacy(bytes) }
    }

    fn zipped(bytes: &'a [u8]) -> Result<Self> {
        let entries = entries(bytes)?;
        let folder = entries.keys().find_map(|name| name.strip_suffix("data.pkl")).ok_or("has no `data.pkl`")?;
        if entries.get(&format!("{folder}byteorder")).is_some_and(|order| *order != b"little") {
            return Err("has an unsupported byte order".to_string());
        }
        let (value, _) = pickle::read(entries[&format!("{folder}data.pkl")])?;
        let prefix = format!("{folder}data/");
        let storages = entries.iter().filter_map(|(name, data)| Some((name.strip_prefix(&prefix)?.to_string(), *data)));
        Ok(Self { tensors: tensors(&value)?, storages: storages.collect() })
    }

    fn legacy(bytes: &'a [u8]) -> Result<Self> {
        // Skips magic number, protocol version, and information on the machine that wrote the file.
        let mut rest = bytes;
        for _ in 0..3 {
            rest = pickle::read(rest)?.1;
        }
        let (value, rest) = pickle::read(rest)?;
        let tensors = tensors(&value)?;
        let (keys, mut rest) = pickle::read(rest)?;
        let kinds: BTreeMap<&str, &Storage> = tensors.values().map(|t| (&*t.storage.key, t.storage.as_ref())).collect();
        let mut storages = BTreeMap::new();
        for key in keys.items().ok_or("has no list of its storages")? {
            let Value::Text(key) = key else { return Err("has a storage without a name".to_string()) };
            let storage = kinds.get(&**key).ok_or("has a storage that no tensor uses")?;
            let (count, data) = rest.split_first_chunk().ok_or("is truncated")?;
            let count = usize::try_from(u64::from_le_bytes(*count)).ok();
            let length = count.and_then(|count| count.checked_mul(width(storage)?));
            let (data, after) = length.and_then(|n| data.split_at_checked(n)).ok_or("is truncated")?;
            storages.insert(key.to_string(), data);
            rest = after;
        }
        Ok(Self { tensors, storages })
    }

    /// Returns the names of all tensors.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(|name| &**name)
    }

    /// Returns the shape of tensor `name`, if it exists.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|t| t.shape.as_slice())
    }

    /// Returns the values of tensor `name` in row-major order.
    ///
    /// # Errors
    /// A description of the problem with the tensor.
    pub fn values(&self, name: &str) -> Result<Vec<f32>> {
        let wrong = |problem: &str| format!("has a tensor {} that {problem}", quoted(name));
        let stored = self.tensors.get(name).ok_or_else(|| wrong("is missing"))?;
        let Stored { storage, offset, shape, strides } = stored.as_ref();
        let mut count = 1usize;
        for (side, stride) in shape.iter().zip(strides).rev() {
            if *side > 1 && *stride != count {
                return Err(wrong("is not contiguous, which is not supported"));
            }
            count = count.checked_mul(*side).ok_or_else(|| wrong("is impossibly large"))?;
        }
        let width =
            width(storage).ok_or_else(|| wrong(&format!("is a {}; floats were expected", quoted(&storage.class))))?;
        let data = self.storages.get(&*storage.key).ok_or_else(|| wrong("has no storage"))?;
        let end = offset.checked_add(count).filter(|end| shape.len() == strides.len() && *end <= storage.count);
        let range = end.and_then(|end| Some(offset.checked_mul(width)?..end.checked_mul(width)?));
        let data = range.and_then(|range| data.get(range)).ok_or_else(|| wrong("is longer than its storage"))?;
        Ok(match width {
            // bfloat16 is the upper half of a single-precision number.
            2 if storage.class.ends_with("BFloat16Storage") => {
                data.as_chunks().0.iter().map(|b| f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16)).collect()
            }
            2 => data.as_chunks().0.iter().map(|b| half::to_f32(u16::from_le_bytes(*b))).collect(),
            4 => data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            _ => data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
        })
    }
}

/// Returns the bytes per value of a storage of floats.
fn width(storage: &Storage) -> Option<usize> {
    match storage.class.rsplit('.').next().unwrap_or_default() {
        "HalfStorage" | "BFloat16Storage" => Some(2),
        "FloatStorage" => Some(4),
        "DoubleStorage" => Some(8),
        _ => None,
    }
}

/// Returns the tensors of a table by name. The table may be nested in a checkpoint's table.
fn tensors(value: &Value) -> Result<Tensors> {
    found(value, DEEPEST).ok_or_else(|| "has no table of tensors: save only the model's `state_dict()`".to_string())
}

/// Returns the tensors of `value`, or of the most likely table in it.
fn found(value: &Value, depth: usize) -> Option<Tensors> {
    let named = value.table()?.filter_map(|pair| match pair {
        (Value::Text(name), Value::Tensor(tensor)) if name.len() <= LONGEST_NAME => {
            Some((Rc::clone(name), Rc::clone(tensor)))
        }
        _ => None,
    });
    let own: Tensors = named.collect();
    let likely = |name: &str| {
        let inner = value.table()?.find(|(key, _)| matches!(key, Value::Text(text) if &**text == name))?.1;
        depth.checked_sub(1).and_then(|depth| found(inner, depth))
    };
    PLACES.into_iter().find_map(likely).or((!own.is_empty()).then_some(own))
}

/// Returns the files of a zip archive (PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16), none of which may be
/// compressed.
fn entries(bytes: &[u8]) -> Result<BTreeMap<String, &[u8]>> {
    const END: usize = 22;
    const CENTRAL: usize = 46;
    const LOCAL: usize = 30;
    let damaged = || "is a damaged zip archive".to_string();
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    // A comment of up to 64 KiB may follow the end record.
    let last = bytes.len().checked_sub(END).ok_or_else(damaged)?;
    let ends = (last.saturating_sub(1 << 16)..=last).rev();
    let end = ends.into_iter().find(|at| bytes[*at..].starts_with(b"PK\x05\x06")).ok_or_else(damaged)?;
    let (count, mut at) = short(end + 10).zip(long(end + 16)).ok_or_else(damaged)?;
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        let entry = || {
            let head = bytes.get(at..)?.starts_with(b"PK\x01\x02").then_some(at)?;
            let name = bytes.get(at + CENTRAL..)?.get(..short(head + 28)?)?;
            let start = long(head + 42)?;
            bytes.get(start..)?.starts_with(ZIP).then_some(())?;
            let data = start + LOCAL + short(start + 26)? + short(start + 28)?;
            let next = at + CENTRAL + name.len() + short(head + 30)? + short(head + 32)?;
            Some((
                String::from_utf8(name.to_vec()).ok()?,
                short(head + 10)?,
                bytes.get(data..)?.get(..long(head + 20)?)?,
                next,
            ))
        };
        let (name, method, data, next) = entry().ok_or_else(damaged)?;
        if method != 0 {
            return Err(format!("has the compressed entry {}, which PyTorch does not write", quoted(&name)));
        }
        entries.insert(name, data);
        at = next;
    }
    Ok(entries)
}
