//! Constant folding. ONNX files compute paddings and enlargements from constants and the picture's size, and dequantize
//! weights, with operators of the standard (<https://onnx.ai/onnx/operators/>), evaluated here in double precision.

use super::constant::{Budget, Constant, MOST_SIZES, Numbers, axis, int, ints};
use super::parts::Read;
use super::quantized;
use super::shapes::{self, broadcast, broadcast_indices};
use crate::import::onnx::Node;

/// Evaluates `node` on constants. `None` stands for an omitted input.
///
/// # Errors
/// When the operator is not supported, or the result exceeds the budget.
pub fn evaluate(node: &Node, inputs: &[Option<&Constant>], budget: &mut Budget) -> Read<Numbers> {
    let unsupported = || "has an unsupported operation on constants".to_string();
    let input = |i: usize| inputs.get(i).copied().flatten();
    let x = input(0).ok_or_else(unsupported)?;
    let made = match node.op.as_str() {
        "Shape" => Some(part_of_shape(node, x.shape()).ok_or_else(unsupported)?),
        "Size" => Some(Numbers { shape: vec![], ..Numbers::sizes([x.count()]) }),
        "DequantizeLinear" | "QuantizeLinear" => {
            let scale = input(1).and_then(Constant::small).ok_or_else(unsupported)?;
            Some(quantized::constant(node, &x.numbers(budget)?, &scale, input(2))?)
        }
        "Concat" => {
            let parts = inputs.iter().map(|part| part.and_then(Constant::small)).collect::<Option<Vec<_>>>();
            parts.and_then(|parts| shapes::concat(&parts.iter().collect::<Vec<_>>(), int(node, "axis", 0)))
        }
        _ => None,
    };
    let made = match made {
        Some(made) => Some(made),
        None => {
            let numbers = x.numbers(budget)?;
            match in_one(node, &numbers) {
                Some(made) => Some(made),
                None => with_others(node, &numbers, inputs, budget)?,
            }
        }
    };
    let made = made.ok_or_else(unsupported)?;
    budget.charge(made.values.len())?;
    Ok(made)
}

/// Evaluates an operator of one constant, elementwise or as a whole.
fn in_one(node: &Node, x: &Numbers) -> Option<Numbers> {
    let each = |f: fn(f64) -> f64| {
        Some(Numbers { values: x.values.iter().map(|v| f(*v)).collect::<Vec<_>>().into(), ..x.clone() })
    };
    match node.op.as_str() {
        "Identity" | "Dropout" => Some(x.clone()),
        "Floor" => each(f64::floor),
        "Ceil" => each(f64::ceil),
        "Round" => each(f64::round_ties_even),
        "Sqrt" => each(f64::sqrt),
        "Neg" => each(|v| -v),
        "Abs" => each(f64::abs),
        "Reciprocal" => each(|v| 1.0 / v),
        "Not" => each(|v| f64::from(v == 0.0)),
        // Types 1, 10, 11 and 16 are floats of 32, 16, 64 and 16 bits, type 9 is boolean, the others are integers.
        "Cast" => match int(node, "to", 1) {
            1 | 10 | 11 | 16 => Some(Numbers { whole: false, ..x.clone() }),
            9 => each(|v| f64::from(v != 0.0)).map(|n| Numbers { whole: true, ..n }),
            _ => each(f64::trunc).map(|n| Numbers { whole: true, ..n }),
        },
        "Transpose" => shapes::transpose(x, ints(node, "perm")),
        _ => None,
    }
}

/// Evaluates an operator of a constant and further inputs.
fn with_others(node: &Node, x: &Numbers, inputs: &[Option<&Constant>], budget: &mut Budget) -> Read<Option<Numbers>> {
    let small = |i: usize| inputs.get(i).copied().flatten().and_then(Constant::small);
    // A parameter that is an attribute in older files and an input in newer ones.
    let setting =
        |name: &str, i: usize| ints(node, name).map(<[i64]>::to_vec).or_else(|| small(i).map(|n| n.integers()));
    let in_shape = |shape: Option<Vec<usize>>| shape.map(|shape| Numbers { shape, ..x.clone() });
    if let Some(f) = pairwise(&node.op) {
        let Some(other) = inputs.get(1).copied().flatten() else { return Ok(None) };
        return combined(node, x, &other.numbers(budget)?, f, budget);
    }
    Ok(match node.op.as_str() {
        "Gather" => small(1).and_then(|indices| shapes::gather(x, &indices, int(node, "axis", 0))),
        "Reshape" => {
            setting("shape", 1).and_then(|target| in_shape(shapes::reshaped(&x.shape, x.values.len(), &target)))
        }
        "Squeeze" => in_shape(shapes::squeezed(&x.shape, setting("axes", 1).as_deref())),
        "Unsqueeze" => setting("axes", 1).and_then(|axes| in_shape(shapes::unsqueezed(&x.shape, &axes))),
        "Expand" => small(1).and_then(|shape| shapes::expand(x, &shape.integers())),
        "Tile" => small(1).and_then(|repeats| shapes::tile(x, &repeats.integers())),
        "Slice" => {
            let (starts, ends) = (setting("starts", 1), setting("ends", 2));
            let (axes, steps) = (setting("axes", 3), setting("steps", 4));
            starts.zip(ends).and_then(|(s, e)| shapes::slice(x, &s, &e, axes.as_deref(), steps.as_deref()))
        }
        "ConstantOfShape" => {
            let value = Constant::of(node).and_then(|value| value.small());
            let (value, whole) = value.map_or((0.0, false), |n| (n.values.first().copied().unwrap_or(0.0), n.whole));
            shapes::expand(&Numbers { whole, ..Numbers::new(vec![], vec![value]) }, &x.integers())
        }
        "Range" => small(1).zip(small(2)).and_then(|(limit, delta)| range(x, &limit, &delta)),
        "Where" => small(1).zip(small(2)).and_then(|(yes, no)| choice(x, &yes, &no)),
        "ReduceProd" => (x.shape.len() == 1).then(|| {
            let kept = if int(node, "keepdims", 1) == 0 { vec![] } else { vec![1] };
            Numbers { whole: x.whole, ..Numbers::new(kept, vec![x.values.iter().product()]) }
        }),
        _ => None,
    })
}

fn part_of_shape(node: &Node, shape: &[usize]) -> Option<Numbers> {
    let rank = i64::try_from(shape.len()).ok()?;
    let index = |i: i64| usize::try_from(if i < 0 { i.saturating_add(rank) } else { i }.clamp(0, rank)).ok();
    let (start, end) = (index(int(node, "start", 0))?, index(int(node, "end", rank))?);
    Some(Numbers::sizes(shape.get(start..end.max(start))?.iter().copied()))
}

/// Returns a picture's shape for a `Shape` node, which is used as for constants.
pub fn shape_of(node: &Node, shape: &[usize]) -> Read<Numbers> {
    part_of_shape(node, shape).ok_or_else(|| "selects a part of a shape that does not exist".to_string())
}

type Pair = fn(f64, f64) -> f64;

/// Returns the function of an elementwise operator of two inputs.
fn pairwise(op: &str) -> Option<Pair> {
    Some(match op {
        "Add" => |a, b| a + b,
        "Sub" => |a, b| a - b,
        "Mul" => |a, b| a * b,
        "Div" => |a, b| a / b,
        "Pow" => f64::powf,
        "Min" => f64::min,
        "Max" => f64::max,
        "Mod" => |a, b| a - b * (a / b).floor(),
        "Equal" => |a, b| f64::from(a == b),
        "Greater" => |a, b| f64::from(a > b),
        "Less" => |a, b| f64::from(a < b),
        "And" => |a, b| f64::from(a != 0.0 && b != 0.0),
        "Or" => |a, b| f64::from(a != 0.0 || b != 0.0),
        _ => return None,
    })
}

fn combined(node: &Node, a: &Numbers, b: &Numbers, f: Pair, budget: &mut Budget) -> Read<Option<Numbers>> {
    let Some(shape) = broadcast(&a.shape, &b.shape) else { return Ok(None) };
    let most = shape.iter().try_fold(1usize, |n, side| n.checked_mul((*side).max(1)));
    // The result is no larger than the larger input, except for values that describe sizes.
    let largest = a.values.len().max(b.values.len()).max(MOST_SIZES);
    if most.is_none_or(|most| most > largest) {
        return Ok(None);
    }
    budget.charge(shape.iter().product())?;
    let whole = a.whole && b.whole;
    let pairs = broadcast_indices(&a.shape, &shape).zip(broadcast_indices(&b.shape, &shape));
    let values = pairs.map(|(i, j)| {
        let value = f(a.values[i], b.values[j]);
        if whole && node.op == "Div" { value.trunc() } else { value }
    });
    let values = values.collect();
    Ok(Some(Numbers { whole, ..Numbers::new(shape, values) }))
}

fn range(start: &Numbers, limit: &Numbers, delta: &Numbers) -> Option<Numbers> {
    let one = |n: &Numbers| n.values.first().copied().filter(|_| n.values.len() == 1);
    let (first, limit, step) = (one(start)?, one(limit)?, one(delta)?);
    let count = ((limit - first) / step).ceil().max(0.0);
    // This also rejects NaN.
    (count <= MOST_SIZES as f64).then_some(())?;
    let values: Vec<f64> = (0..count as usize).map(|i| first + i as f64 * step).collect();
    Some(Numbers { whole: start.whole, ..Numbers::new(vec![values.len()], values) })
}

fn choice(condition: &Numbers, yes: &Numbers, no: &Numbers) -> Option<Numbers> {
    let shape = broadcast(&broadcast(&condition.shape, &yes.shape)?, &no.shape)?;
    let sides: Vec<i64> = shape.iter().map(|side| *side as i64).collect();
    let [condition, yes, no] = [condition, yes, no].map(|n| shapes::expand(n, &sides));
    let (condition, yes, no) = (condition?, yes?, no?);
    let both = yes.values.iter().zip(no.values.iter());
    let values = condition.values.iter().zip(both).map(|(c, (y, n))| if *c != 0.0 { *y } else { *n }).collect();
    Some(Numbers { whole: yes.whole, ..Numbers::new(shape, values) })
}

/// Returns the axes of a reduction, from an attribute or an input, or all axes if there is neither.
pub fn reduced_axes(node: &Node, given: Option<&Constant>, rank: usize) -> Option<Vec<usize>> {
    let listed = match given {
        Some(given) => Some(given.small()?.integers()),
        None => ints(node, "axes").map(<[i64]>::to_vec),
    };
    match listed {
        Some(axes) if axes.len() > rank => None,
        Some(axes) => axes.into_iter().map(|a| axis(a, rank)).collect(),
        None => Some((0..rank).collect()),
    }
}
