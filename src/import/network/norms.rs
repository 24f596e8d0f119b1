//! Forms in which exporters write an instance normalization: the operator of that name, a batch normalization in
//! training mode over one picture, a group normalization with one group per channel, or a sequence of means, squares
//! and roots.

use super::constant::{Budget, Constant, float, int};
use super::fold::reduced_axes;
use super::parts::Read;
use super::picture::Picture;
use crate::import::onnx::Node;
use crate::net::EPSILON;
use crate::style::Norm;

/// An intermediate value of a normalization: one value for each channel, or one for each pixel.
#[derive(Debug, Clone)]
pub struct Statistic {
    kind: Kind,
    of: Picture,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// The mean of each channel.
    Mean,
    /// The picture minus `Mean`.
    Centred,
    /// The square of `Centred`.
    Squares,
    /// The mean of `Squares`, plus a constant.
    Variance(f64),
    /// The square root of `Variance`.
    Deviation(f64),
    /// The reciprocal of `Deviation`.
    Inverse(f64),
}

/// The output of a node on a statistic.
pub enum Made {
    Statistic(Statistic),
    /// The normalized picture.
    Normalized(Picture, Norm),
}

/// An input of a node.
#[derive(Clone, Copy)]
pub enum Input<'v, 'm> {
    Picture(&'v Picture),
    Statistic(&'v Statistic),
    Constant(&'v Constant<'m>),
}

/// Converts a normalization with scales and shifts in one operator.
pub fn normalization(
    node: &Node,
    picture: &Picture,
    scale: Option<&Constant>,
    shift: Option<&Constant>,
    budget: &mut Budget,
) -> Read<Norm> {
    let training = int(node, "training_mode", 0) == 1 || node.outputs.len() == 5;
    match node.op.as_str() {
        "BatchNormalization" if !training => {
            let what = "normalizes by statistics of the training (batch normalization)";
            return Err(format!("{what}, where those of the picture itself were expected"));
        }
        "GroupNormalization" if int(node, "num_groups", 0) != picture.channels() as i64 => {
            return Err("normalizes several channels together, where each by itself was expected".to_string());
        }
        _ => {}
    }
    if !picture.has_channels_in_place() {
        return Err("normalizes over other axes than the pixels of a channel".to_string());
    }
    let (Some(scale), Some(shift)) = (scale, shift) else {
        return Err("has scales or shifts that are not constants".to_string());
    };
    check_epsilon(float(node, "epsilon").unwrap_or(EPSILON).into())?;
    Ok(Norm { scale: scale.floats(budget)?, shift: shift.floats(budget)? })
}

/// Evaluates `node` on a picture's statistics. Returns `None` if it is not an operator of a normalization.
pub fn statistic(node: &Node, inputs: &[Option<Input>]) -> Read<Option<Made>> {
    use Input::{Constant as C, Picture as P, Statistic as S};
    use Kind::{Centred, Deviation, Inverse, Mean, Squares, Variance};
    let input = |i: usize| inputs.get(i).copied().flatten();
    let number = |constant: &Constant| {
        let numbers = constant.small().filter(|n| n.values.len() == 1);
        numbers.and_then(|n| n.values.first().copied())
    };
    let of =
        |statistic: &Statistic, kind: Kind| Ok(Some(Made::Statistic(Statistic { kind, of: statistic.of.clone() })));
    // Sums and products are commutative.
    let pair = match (input(0), input(1)) {
        (Some(C(c)), Some(S(s))) if matches!(node.op.as_str(), "Add" | "Mul") => (Some(S(s)), Some(C(c))),
        pair => pair,
    };
    match (node.op.as_str(), pair) {
        ("GlobalAveragePool", (Some(P(p)), _)) if p.is_plain() => {
            Ok(Some(Made::Statistic(Statistic { kind: Mean, of: p.clone() })))
        }
        ("ReduceMean", (Some(P(p)), axes)) if over_pixels(node, p, axes) => {
            Ok(Some(Made::Statistic(Statistic { kind: Mean, of: p.clone() })))
        }
        ("ReduceMean", (Some(S(s)), axes)) if s.kind == Squares && over_pixels(node, &s.of, axes) => {
            of(s, Variance(0.0))
        }
        ("Sub", (Some(P(p)), Some(S(s)))) if s.kind == Mean && s.of.number == p.number => of(s, Centred),
        ("Pow", (Some(S(s)), Some(C(c)))) => match (s.kind, number(c)) {
            (Centred, Some(2.0)) => of(s, Squares),
            (Variance(epsilon), Some(0.5)) => of(s, Deviation(epsilon)),
            (Variance(epsilon), Some(-0.5)) => of(s, Inverse(epsilon)),
            _ => Ok(None),
        },
        ("Mul", (Some(S(a)), Some(S(b)))) if a.of.number == b.of.number => match (a.kind, b.kind) {
            (Centred, Centred) => of(a, Squares),
            (Centred, Inverse(epsilon)) | (Inverse(epsilon), Centred) => normalized(&a.of, epsilon),
            _ => Ok(None),
        },
        ("Div", (Some(S(a)), Some(S(b)))) if a.of.number == b.of.number => match (a.kind, b.kind) {
            (Centred, Deviation(epsilon)) => normalized(&a.of, epsilon),
            _ => Ok(None),
        },
        ("Div", (Some(C(c)), Some(S(s)))) => match (s.kind, number(c)) {
            (Deviation(epsilon), Some(1.0)) => of(s, Inverse(epsilon)),
            _ => Ok(None),
        },
        ("Add", (Some(S(s)), Some(C(c)))) => match (s.kind, number(c)) {
            (Variance(epsilon), Some(more)) => of(s, Variance(epsilon + more)),
            _ => Ok(None),
        },
        ("Sqrt", (Some(S(s)), _)) => match s.kind {
            Variance(epsilon) => of(s, Deviation(epsilon)),
            _ => Ok(None),
        },
        ("Reciprocal", (Some(S(s)), _)) => match s.kind {
            Deviation(epsilon) => of(s, Inverse(epsilon)),
            _ => Ok(None),
        },
        ("Identity" | "Cast", (Some(S(s)), _)) => of(s, s.kind),
        _ => Ok(None),
    }
}

fn over_pixels(node: &Node, picture: &Picture, axes: Option<Input>) -> bool {
    let given = match axes {
        Some(Input::Constant(constant)) => Some(constant),
        _ => None,
    };
    let axes = reduced_axes(node, given, picture.view.len());
    int(node, "keepdims", 1) == 1 && axes.is_some_and(|axes| picture.are_pixels(&axes))
}

/// Makes a normalization without scale and shift. A scale and a shift that follow are folded into it later.
fn normalized(picture: &Picture, epsilon: f64) -> Read<Option<Made>> {
    check_epsilon(epsilon)?;
    let norm = Norm { scale: vec![1.0; picture.channels()], shift: vec![0.0; picture.channels()] };
    Ok(Some(Made::Normalized(picture.clone(), norm)))
}

/// Checks the epsilon with a tolerance: the nearest number in half precision is 1.0014e-5.
fn check_epsilon(epsilon: f64) -> Read<()> {
    if (epsilon / f64::from(EPSILON) - 1.0).abs() < 0.01 {
        return Ok(());
    }
    Err(format!("normalizes with an epsilon of {}, but this program uses {EPSILON}", epsilon as f32))
}
