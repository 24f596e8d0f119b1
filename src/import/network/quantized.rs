//! `QuantizeLinear` and `DequantizeLinear` of the standard. On constants they are evaluated; on pictures they pass
//! their input through.
//!
//! In a quantized network, pairs of the two precede and follow the operators and round the activations. An imported
//! network computes in floats and does not round: its output is that of the network before quantization, except for the
//! quantized weights. Only a range that begins at zero has a further effect: it acts as a ReLU.

use super::constant::{Constant, Numbers, axis, int};
use super::parts::Read;
use super::shapes::{broadcast, broadcast_indices};
use crate::import::onnx::{Data, Node, Tensor};

/// Returns the smallest and the largest value of a zero point's type, which is unsigned 8 bits if there is no zero
/// point.
fn range(zero: Option<&Constant>) -> Option<(f64, f64)> {
    match zero {
        None | Some(Constant::Tensor(Tensor { data: Data::Uint8(_), .. })) => Some((0.0, 255.0)),
        Some(Constant::Tensor(Tensor { data: Data::Int8(_), .. })) => Some((-128.0, 127.0)),
        _ => None,
    }
}

/// Returns whether `QuantizeLinear` with this zero point clips negative values.
pub fn clips_at_zero(zero: Option<&Constant>) -> bool {
    let lowest = range(zero).map(|(low, _)| low);
    let point = zero.map_or(Some(0.0), |zero| zero.small().and_then(|n| n.values.first().copied()));
    lowest.is_some() && lowest == point
}

/// Evaluates `node`, which is one of the two, on a constant.
///
/// # Errors
/// When the form is not supported, phrased as the end of a sentence about the node.
pub fn constant(node: &Node, x: &Numbers, scale: &Numbers, zero: Option<&Constant>) -> Read<Numbers> {
    if int(node, "block_size", 0) != 0 {
        return Err(
            "has a scale for each block of weights, which is not supported: one for each channel is".to_string()
        );
    }
    let misfit = || "has scales or zero points that do not fit its numbers".to_string();
    let points = zero.map(|zero| zero.small().ok_or_else(misfit)).transpose()?;
    // One value for all, or one for each slice along the axis, broadcast over all other axes.
    let spread = |n: &Numbers| {
        if n.values.len() == 1 {
            return Some(Vec::new());
        }
        let along = axis(int(node, "axis", 1), x.shape.len())?;
        let fits = n.shape.len() == 1 && n.shape[0] == x.shape[along];
        fits.then(|| (0..x.shape.len()).map(|i| if i == along { n.shape[0] } else { 1 }).collect())
    };
    let scale_shape = spread(scale).ok_or_else(misfit)?;
    let zero_shape = points.as_ref().map_or(Some(Vec::new()), spread).ok_or_else(misfit)?;
    broadcast(&scale_shape, &x.shape).filter(|shape| *shape == x.shape).ok_or_else(misfit)?;
    let mut scales = broadcast_indices(&scale_shape, &x.shape).map(|i| scale.values[i]);
    let mut zeros =
        broadcast_indices(&zero_shape, &x.shape).map(|i| points.as_ref().map_or(0.0, |points| points.values[i]));
    let bounds = range(zero);
    let quantizes = node.op == "QuantizeLinear";
    let (low, high) = match bounds {
        Some(bounds) => bounds,
        None if quantizes => return Err("quantizes to a type that is not supported".to_string()),
        None => (f64::MIN, f64::MAX),
    };
    let mut next = || scales.next().zip(zeros.next()).unwrap_or((1.0, 0.0));
    let values = x.values.iter().map(|v| {
        let (scale, zero) = next();
        if quantizes { ((v / scale).round_ties_even() + zero).clamp(low, high) } else { (v - zero) * scale }
    });
    Ok(Numbers { whole: quantizes, ..Numbers::new(x.shape.clone(), values.collect()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::onnx::Attribute;

    fn node(op: &str, settings: &[(&str, i64)]) -> Node {
        let attributes = settings.iter().map(|(name, value)| (name.to_string(), Attribute::Int(*value))).collect();
        Node { name: String::new(), op: op.to_string(), inputs: vec![], outputs: vec![], attributes }
    }

    fn list(values: &[f64]) -> Numbers {
        Numbers::new(vec![values.len()], values.to_vec())
    }

    fn int8(values: &[i8]) -> Tensor {
        Tensor { shape: vec![values.len()], data: Data::Int8(values.to_vec()) }
    }

    #[test]
    fn weights_come_back_for_a_tensor_and_for_channels() {
        let x = Numbers::new(vec![2, 2], vec![-128.0, 0.0, 1.0, 127.0]);
        let of = |settings: &[(&str, i64)], scale: &Numbers, zero: Option<&Constant>| {
            constant(&node("DequantizeLinear", settings), &x, scale, zero).map(|n| n.values.to_vec())
        };
        assert_eq!(of(&[], &list(&[0.5]), None).unwrap(), [-64.0, 0.0, 0.5, 63.5]);
        let zeros = int8(&[0, 1]);
        let zeros = Constant::Tensor(&zeros);
        assert_eq!(of(&[("axis", 0)], &list(&[1.0, 2.0]), Some(&zeros)).unwrap(), [-128.0, 0.0, 0.0, 252.0]);
        assert_eq!(of(&[], &list(&[1.0, 2.0]), Some(&zeros)).unwrap(), [-128.0, -2.0, 1.0, 252.0]);
        assert!(of(&[("axis", 0)], &list(&[1.0; 3]), None).unwrap_err().contains("do not fit"));
        assert!(of(&[("axis", 7)], &list(&[1.0; 2]), None).unwrap_err().contains("do not fit"));
        assert!(of(&[("block_size", 2)], &list(&[1.0; 2]), None).unwrap_err().contains("each block"));
    }

    #[test]
    fn constants_are_quantized_as_the_standard_says() {
        let x = list(&[-1.25, 1.25, 0.75, 1e9]);
        let zero = int8(&[10]);
        let signed = constant(&node("QuantizeLinear", &[]), &x, &list(&[0.5]), Some(&Constant::Tensor(&zero))).unwrap();
        // Halves round to even.
        assert_eq!(*signed.values, [8.0, 12.0, 12.0, 127.0]);
        let unsigned = constant(&node("QuantizeLinear", &[]), &x, &list(&[0.5]), None).unwrap();
        assert_eq!(*unsigned.values, [0.0, 2.0, 2.0, 255.0]);
    }

    #[test]
    fn a_range_from_zero_is_a_relu() {
        let (low, middle) = (int8(&[-128]), int8(&[0]));
        assert!(clips_at_zero(None));
        assert!(clips_at_zero(Some(&Constant::Tensor(&low))));
        assert!(!clips_at_zero(Some(&Constant::Tensor(&middle))));
    }
}
