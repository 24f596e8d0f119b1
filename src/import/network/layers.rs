//! Parameters of paddings, convolutions and enlargements in an ONNX file, checked against the layers of this kind of
//! network.

use super::constant::{Budget, Constant, Numbers, axis, int, ints, text};
use super::parts::{Found, Read};
use crate::import::onnx::{Attribute, Node};

/// Maximum padding in pixels. The widest kernel needs 4.
const WIDEST_BORDER: f64 = 64.0;
const LONGEST_STRIDE: i64 = 64;

/// Returns the reflection padding in pixels, which must be the same on all sides. `axes` are the axes of the paddings,
/// or all axes if absent.
pub fn padding(node: &Node, given: Option<Numbers>, axes: Option<Numbers>) -> Read<usize> {
    let mode = text(node, "mode", "constant");
    if mode != "reflect" {
        return Err(format!("pads by the mode `{mode}`, where `reflect` was expected"));
    }
    let listed = ints(node, "pads").map(|pads| pads.iter().map(|v| *v as f64).collect());
    let pads: Vec<f64> = listed.or(given.map(|n| n.values.to_vec())).ok_or("does not specify its padding")?;
    let axes = axes.map_or(vec![0, 1, 2, 3], |axes| axes.integers());
    let mut all = [0.0; 8];
    let padded_axes =
        axes.iter().map(|a| axis(*a, 4)).collect::<Option<Vec<_>>>().filter(|axes| 2 * axes.len() == pads.len());
    let padded_axes = padded_axes.ok_or_else(|| wrong_padding(&pads))?;
    for (i, axis) in padded_axes.iter().enumerate() {
        (all[*axis], all[axis + 4]) = (pads[i], pads[i + padded_axes.len()]);
    }
    match all {
        [0.0, 0.0, top, left, 0.0, 0.0, bottom, right]
            if top == left && top == bottom && top == right && (0.0..=WIDEST_BORDER).contains(&top) =>
        {
            Ok(top as usize)
        }
        _ => Err(wrong_padding(&pads)),
    }
}

fn wrong_padding(pads: &[f64]) -> String {
    let shown = &pads[..pads.len().min(8)];
    format!("pads by {shown:?}, where the same on all four sides was expected")
}

/// A convolution applied to a picture.
pub struct Convolved {
    pub layer: Found,
    pub stride: i64,
    /// The output shape, `[1, channels, height, width]`.
    pub shape: [usize; 4],
}

pub fn convolution(
    node: &Node,
    [height, width]: [usize; 2],
    weights: &Constant,
    bias: Option<&Constant>,
    budget: &mut Budget,
) -> Read<Convolved> {
    let [outputs, _, kernel, across] = weights.shape()[..] else {
        return Err(format!("has weights of the shape {:?}, where four sides were expected", weights.shape()));
    };
    let strides = ints(node, "strides").unwrap_or(&[1, 1]);
    let stride = strides.first().copied().unwrap_or(1);
    let plain = int(node, "group", 1) == 1 && ints(node, "dilations").is_none_or(|all| all.iter().all(|d| *d == 1));
    let even = strides.iter().all(|s| *s == stride) && (1..=LONGEST_STRIDE).contains(&stride);
    if !plain || !even || kernel != across || outputs == 0 || kernel == 0 {
        return Err("is not a plain convolution with a square kernel".to_string());
    }
    let padded = ints(node, "pads").is_some_and(|pads| pads.iter().any(|p| *p != 0));
    if padded || text(node, "auto_pad", "NOTSET").starts_with("SAME") {
        return Err("pads with zeros, where reflection padding was expected".to_string());
    }
    let side = |side: usize| side.saturating_sub(kernel) / stride as usize + 1;
    let shape = [1, outputs, side(height), side(width)];
    let name = node.inputs.get(1).map_or("", |name| name.trim_end_matches(".weight")).to_string();
    let bias = bias.map(|bias| bias.floats(budget)).transpose()?;
    let layer = Found { name, shape: weights.shape().to_vec(), weights: weights.floats(budget)?, bias, norm: None };
    Ok(Convolved { layer, stride, shape })
}

/// Checks that a picture of that size is enlarged by two with nearest-neighbour sampling. `given` are the second, third
/// and fourth input.
pub fn enlargement(node: &Node, [height, width]: [usize; 2], given: [Option<Numbers>; 3]) -> Read<()> {
    let mode = text(node, "mode", "nearest");
    let axes = ints(node, "axes").unwrap_or(&[0, 1, 2, 3]);
    let axes = axes.iter().map(|a| axis(*a, 4)).collect::<Option<Vec<_>>>().ok_or("has invalid axes")?;
    let fits = |values: Vec<f64>| Some(values).filter(|values| values.len() == axes.len());
    let from_attribute = match node.attributes.get("scales") {
        Some(Attribute::Floats(scales)) => fits(scales.iter().map(|s| f64::from(*s)).collect()),
        _ => None,
    };
    let sides = [1.0, f64::NAN, height as f64, width as f64];
    let sizes = given[2].as_ref().and_then(|n| fits(n.values.to_vec()));
    // The size along the channel axis is ignored, since the number of channels does not change.
    let from_sizes = sizes.map(|sizes| {
        let scales = sizes.iter().zip(&axes).map(|(size, axis)| if *axis == 1 { 1.0 } else { size / sides[*axis] });
        scales.collect()
    });
    // Scales are the second input of `Upsample` and of the oldest `Resize`, and the third input of others.
    let given = given[..2].iter().rev().flatten().find_map(|n| fits(n.values.to_vec()));
    let listed: Vec<f64> = from_attribute.or(from_sizes).or(given).ok_or("does not specify its scale")?;
    let mut scales = [1.0; 4];
    for (axis, scale) in axes.iter().zip(listed) {
        scales[*axis] = scale;
    }
    let twice = scales.iter().zip([1.0, 1.0, 2.0, 2.0]).all(|(a, b)| (a - b).abs() < 1e-3);
    if mode != "nearest" || !twice {
        return Err(format!("enlarges by {scales:?} with the mode `{mode}`, where twice by `nearest` was expected"));
    }
    if node.op == "Upsample" { Ok(()) } else { check_rounding(node) }
}

/// Checks that the rounding of `Resize` replicates each pixel four times.
fn check_rounding(node: &Node) -> Read<()> {
    let (mode, rounding) =
        (text(node, "coordinate_transformation_mode", "half_pixel"), text(node, "nearest_mode", "round_prefer_floor"));
    let source = |i: f64| {
        let x = match mode {
            "asymmetric" => i / 2.0,
            "half_pixel" | "pytorch_half_pixel" | "half_pixel_symmetric" => (i + 0.5) / 2.0 - 0.5,
            "tf_half_pixel_for_nn" => (i + 0.5) / 2.0,
            _ => return None,
        };
        match rounding {
            "floor" => Some(x.floor()),
            "ceil" => Some(x.ceil()),
            "round_prefer_floor" => Some((x - 0.5).ceil()),
            "round_prefer_ceil" => Some((x + 0.5).floor()),
            _ => None,
        }
    };
    // Checks pixels away from the borders, where roundings may differ.
    if (2..10u8).any(|i| source(f64::from(i)) != Some(f64::from(i / 2))) {
        return Err(format!("enlarges with `{mode}` and `{rounding}`, which does not repeat each pixel four times"));
    }
    Ok(())
}
