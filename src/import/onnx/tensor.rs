//! Parser of constant tensors: their shapes, and values of every type that weights have.

use super::external::External;
use super::messages::TensorProto;
use super::model::{Data, Tensor};
use crate::weights::half;

/// Maximum number of axes of a tensor.
pub const MOST_AXES: usize = 8;

type Read<T> = Result<T, String>;

/// Converts a tensor message to a tensor.
///
/// # Errors
/// A description of the problem, phrased as the end of a sentence.
pub(super) fn tensor(mut proto: TensorProto, external: &mut External) -> Read<Tensor> {
    let (shape, count) = shape(&proto.dims)?;
    let kind = proto.data_type.unwrap_or_default();
    let width = width(kind)?;
    if proto.data_location.unwrap_or_default() != 0 {
        let length = count.checked_mul(width).ok_or("is impossibly large")?;
        proto.raw_data = Some(external.bytes(&proto, length as u64)?);
    }
    let raw = proto.raw_data.take();
    let raw = raw.as_deref();
    if let Some(raw) = raw
        && Some(raw.len()) != count.checked_mul(width)
    {
        return Err(format!("has {} bytes, which do not fit shape {shape:?}", raw.len()));
    }
    // Types narrower than 32 bits are stored as bytes, or one per entry in the 32-bit field.
    let ints = proto.int32_data;
    let data = match kind {
        1 => Data::Float(raw.map_or(proto.float_data, |raw| numbers(raw, f32::from_le_bytes))),
        2 => Data::Uint8(from_either(raw, ints, u8::from_le_bytes)?),
        3 => Data::Int8(from_either(raw, ints, i8::from_le_bytes)?),
        4 => Data::Int32(wider(from_either(raw, ints, u16::from_le_bytes)?)),
        5 => Data::Int32(wider(from_either(raw, ints, i16::from_le_bytes)?)),
        6 => Data::Int32(raw.map_or(ints, |raw| numbers(raw, i32::from_le_bytes))),
        7 => Data::Int64(raw.map_or(proto.int64_data, |raw| numbers(raw, i64::from_le_bytes))),
        // Booleans.
        9 => Data::Uint8(from_either(raw, ints, u8::from_le_bytes)?),
        10 => Data::Float(halves(raw, ints, half::to_f32)?),
        11 => {
            let doubles = raw.map_or(proto.double_data, |raw| numbers(raw, f64::from_le_bytes));
            Data::Float(doubles.into_iter().map(|v| v as f32).collect())
        }
        12 | 13 => {
            let wide = match raw {
                Some(raw) if kind == 12 => wider(numbers(raw, u32::from_le_bytes)),
                Some(raw) => numbers(raw, u64::from_le_bytes),
                None => proto.uint64_data,
            };
            let signed = |v: u64| i64::try_from(v).map_err(|_| format!("holds {v}, which is too large"));
            Data::Int64(wide.into_iter().map(signed).collect::<Read<_>>()?)
        }
        // bfloat16 is the upper half of a single-precision number.
        _ => Data::Float(halves(raw, ints, |bits| f32::from_bits(u32::from(bits) << 16))?),
    };
    if data.len() != count {
        return Err(format!("has {} numbers, which do not fit shape {shape:?}", data.len()));
    }
    Ok(Tensor { shape, data })
}

/// Returns the sides of a tensor and the number of its values. The other sides must not overflow even if one side is 0.
fn shape(dims: &[i64]) -> Read<(Vec<usize>, usize)> {
    if dims.len() > MOST_AXES {
        return Err(format!("has {} axes, where at most {MOST_AXES} are supported", dims.len()));
    }
    let impossible = || format!("has the impossible shape {dims:?}");
    let sides =
        dims.iter().map(|side| usize::try_from(*side)).collect::<Result<Vec<_>, _>>().map_err(|_| impossible())?;
    let most = sides.iter().try_fold(1usize, |n, side| n.checked_mul((*side).max(1)));
    most.filter(|most| u32::try_from(*most).is_ok()).ok_or_else(impossible)?;
    let count = sides.iter().product();
    Ok((sides, count))
}

/// Returns the bytes per value of a type.
fn width(kind: i32) -> Read<usize> {
    match kind {
        2 | 3 | 9 => Ok(1),
        4 | 5 | 10 | 16 => Ok(2),
        1 | 6 | 12 => Ok(4),
        7 | 11 | 13 => Ok(8),
        17..=20 => Err("is in 8-bit floats, which are not supported: export it in 16 or 32 bits".to_string()),
        21..=23 => Err("is in 4 bits, which is not supported: export it in 8 bits or more".to_string()),
        kind => Err(format!("has number type {kind}, which is not supported")),
    }
}

/// Parses values of `N` little-endian bytes each.
fn numbers<T, const N: usize>(raw: &[u8], from: fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks().0.iter().map(|bytes| from(*bytes)).collect()
}

fn from_either<T: TryFrom<i32>, const N: usize>(
    raw: Option<&[u8]>,
    ints: Vec<i32>,
    from: fn([u8; N]) -> T,
) -> Read<Vec<T>> {
    let narrow = |v: i32| T::try_from(v).map_err(|_| format!("holds {v}, which is too large for its type"));
    raw.map_or_else(|| ints.into_iter().map(narrow).collect(), |raw| Ok(numbers(raw, from)))
}

fn halves(raw: Option<&[u8]>, ints: Vec<i32>, value: fn(u16) -> f32) -> Read<Vec<f32>> {
    Ok(from_either(raw, ints, u16::from_le_bytes)?.into_iter().map(value).collect())
}

fn wider<T: Into<U>, U>(narrow: Vec<T>) -> Vec<U> {
    narrow.into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::super::read_tensor;
    use super::*;

    fn read(proto: &TensorProto) -> crate::error::Result<Tensor> {
        read_tensor("t.pb", &proto.encode_to_vec())
    }

    fn raw(data_type: i32, dims: &[i64], bytes: &[u8]) -> TensorProto {
        TensorProto {
            data_type: Some(data_type),
            dims: dims.to_vec(),
            raw_data: Some(bytes.to_vec()),
            ..Default::default()
        }
    }

    #[test]
    fn tensors_from_bytes_and_from_typed_fields() {
        let data = |proto: &TensorProto| read(proto).unwrap().data;
        assert_eq!(data(&raw(1, &[1, 1], &1.5f32.to_le_bytes())), Data::Float(vec![1.5]));
        assert_eq!(data(&raw(2, &[2], &[1, 255])), Data::Uint8(vec![1, 255]));
        assert_eq!(data(&raw(3, &[2], &[1, 255])), Data::Int8(vec![1, -1]));
        assert_eq!(data(&raw(4, &[1], &[0xff, 0xff])), Data::Int32(vec![65535]));
        assert_eq!(data(&raw(5, &[1], &[0xff, 0xff])), Data::Int32(vec![-1]));
        assert_eq!(data(&raw(7, &[], &(-2i64).to_le_bytes())), Data::Int64(vec![-2]));
        assert_eq!(data(&raw(10, &[2], &[0, 0x3c, 0, 0xc0])), Data::Float(vec![1.0, -2.0]));
        assert_eq!(data(&raw(11, &[1], &2.5f64.to_le_bytes())), Data::Float(vec![2.5]));
        assert_eq!(data(&raw(12, &[1], &[0xff; 4])), Data::Int64(vec![u32::MAX.into()]));
        assert_eq!(data(&raw(16, &[1], &[0xc0, 0x3f])), Data::Float(vec![1.5]));
        let typed = |kind: i32, ints: &[i32]| TensorProto {
            data_type: Some(kind),
            dims: vec![ints.len() as i64],
            int32_data: ints.to_vec(),
            ..Default::default()
        };
        assert_eq!(data(&typed(3, &[-128, 0, 127])), Data::Int8(vec![-128, 0, 127]));
        // Half precision in the integer field: the bit patterns as integers.
        assert_eq!(data(&typed(10, &[0x3c00, 0xbc00])), Data::Float(vec![1.0, -1.0]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let typed = TensorProto { data_type: Some(2), dims: vec![1], int32_data: vec![-128], ..Default::default() };
        for (wrong, what) in [
            (typed.clone(), "holds -128, which is too large"),
            (raw(1, &[1], &[0; 5]), "5 bytes"),
            (raw(1, &[3], &[0; 8]), "8 bytes, which do not fit shape [3]"),
            (
                TensorProto { dims: vec![2], int32_data: vec![5], ..typed.clone() },
                "1 numbers, which do not fit shape [2]",
            ),
            (raw(1, &[-1], &[]), "impossible shape [-1]"),
            (raw(1, &[i64::MAX, 4], &[]), "impossible shape"),
            (raw(7, &[1 << 62, 0], &[]), "impossible shape"),
            (raw(1, &[1; 9], &[0; 4]), "has 9 axes"),
            (raw(99, &[1], &[0]), "number type 99"),
            (raw(22, &[2], &[0]), "4 bits"),
            (TensorProto { data_location: Some(1), ..typed }, "not a file in the model's folder"),
        ] {
            let message = read(&wrong).unwrap_err().to_string();
            assert!(message.starts_with("t.pb: ") && message.contains(what), "{message}");
        }
    }
}
