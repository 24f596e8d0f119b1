//! Operators of the standard that rearrange values or change their shape. Results are bounded before they are
//! allocated.

use super::constant::{MOST_SIZES, Numbers, axis};
use crate::import::onnx::tensor::MOST_AXES;

/// Returns the number of values of a result of this shape, if it is small enough for a result that describes sizes. The
/// other sides are bounded even if one side is 0.
fn bounded(shape: &[usize]) -> Option<usize> {
    let most = shape.iter().try_fold(1usize, |n, side| n.checked_mul((*side).max(1)))?;
    (shape.len() <= MOST_AXES && most <= MOST_SIZES).then(|| shape.iter().product())
}

/// Returns the broadcast shape of two shapes.
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let side = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    let sides = (0..rank).map(|i| match (side(a, i), side(b, i)) {
        (a, b) if a == b || b == 1 => Some(a),
        (1, b) => Some(b),
        _ => None,
    });
    sides.collect()
}

/// Returns for each value of `shape` its index in values of the shape `from`, which are broadcast along sides of 1.
pub fn broadcast_indices<'a>(from: &'a [usize], shape: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let count: usize = shape.iter().product();
    let own: usize = from.iter().product();
    (0..count).map(move |i| {
        if own == count {
            return i;
        }
        let (mut rest, mut stride, mut index) = (i, 1, 0);
        for (axis, side) in shape.iter().enumerate().rev() {
            let at = rest % side;
            rest /= side;
            if let Some(inner) = (axis + from.len()).checked_sub(shape.len()) {
                index += if from[inner] == 1 { 0 } else { at * stride };
                stride *= from[inner];
            }
        }
        index
    })
}

/// Broadcasts `x` to `shape`.
pub fn expand(x: &Numbers, shape: &[i64]) -> Option<Numbers> {
    let sides = shape.iter().map(|side| usize::try_from(*side)).collect::<Result<Vec<_>, _>>().ok()?;
    let shape = broadcast(&x.shape, &sides)?;
    bounded(&shape)?;
    let values = broadcast_indices(&x.shape, &shape).filter_map(|i| x.values.get(i).copied()).collect();
    Some(Numbers { whole: x.whole, ..Numbers::new(shape, values) })
}

/// Repeats `x` along each axis.
pub fn tile(x: &Numbers, repeats: &[i64]) -> Option<Numbers> {
    if repeats.len() != x.shape.len() {
        return None;
    }
    let mut tiled = x.clone();
    for (axis, repeat) in repeats.iter().enumerate() {
        let side = tiled.shape[axis];
        let total = usize::try_from(*repeat).ok()?.checked_mul(side).filter(|total| *total <= MOST_SIZES)?;
        let indices: Vec<usize> = (0..total).map(|i| i % side).collect();
        tiled = take(&tiled, axis, &indices)?;
    }
    Some(tiled)
}

/// Returns the slices `indices` of `x` along an axis.
fn take(x: &Numbers, axis: usize, indices: &[usize]) -> Option<Numbers> {
    let side = *x.shape.get(axis)?;
    let mut shape = x.shape.clone();
    shape[axis] = indices.len();
    let values = match bounded(&shape)? {
        0 => Vec::new(),
        _ => {
            let inner: usize = x.shape[axis + 1..].iter().product();
            let outer: usize = x.shape[..axis].iter().product();
            let slices = (0..outer).flat_map(|o| indices.iter().map(move |i| (o * side + i) * inner));
            slices.map(|start| x.values.get(start..start + inner)).collect::<Option<Vec<_>>>()?.concat()
        }
    };
    Some(Numbers { whole: x.whole, ..Numbers::new(shape, values) })
}

/// Returns slices by index, as `Gather` does.
pub fn gather(x: &Numbers, indices: &Numbers, along: i64) -> Option<Numbers> {
    let along = axis(along, x.shape.len())?;
    let picked = indices.integers().into_iter().map(|i| axis(i, x.shape[along])).collect::<Option<Vec<_>>>()?;
    let taken = take(x, along, &picked)?;
    let shape = [&x.shape[..along], &indices.shape, &x.shape[along + 1..]].concat();
    bounded(&shape)?;
    Some(Numbers { shape, ..taken })
}

/// Returns a slice by `starts`, `ends`, `axes` and `steps`, as `Slice` does.
pub fn slice(
    x: &Numbers,
    starts: &[i64],
    ends: &[i64],
    axes: Option<&[i64]>,
    steps: Option<&[i64]>,
) -> Option<Numbers> {
    if starts.len() != ends.len() || starts.len() > x.shape.len() {
        return None;
    }
    let mut out = x.clone();
    for (i, (start, end)) in starts.iter().zip(ends).enumerate() {
        let along = match axes {
            Some(axes) => axis(*axes.get(i)?, x.shape.len())?,
            None => i,
        };
        let step = steps.map_or(Some(1), |steps| steps.get(i).copied())?;
        let side = i64::try_from(out.shape[along]).ok().filter(|side| *side <= MOST_SIZES as i64)?;
        let index = |i: i64| if i < 0 { i.saturating_add(side) } else { i };
        // Ends out of range are clamped.
        let indices: Vec<usize> = match step {
            1.. => (index(*start).clamp(0, side)..index(*end).clamp(0, side)).step_by(step as usize).collect_sizes(),
            0 => return None,
            _ => {
                let (first, last) = (index(*start).clamp(-1, side - 1), index(*end).clamp(-1, side - 1));
                (last + 1..=first).rev().step_by(usize::try_from(step.unsigned_abs()).ok()?).collect_sizes()
            }
        };
        out = take(&out, along, &indices)?;
    }
    Some(out)
}

/// Converts indices to `usize`.
trait CollectSizes {
    fn collect_sizes(self) -> Vec<usize>;
}

impl<I: Iterator<Item = i64>> CollectSizes for I {
    fn collect_sizes(self) -> Vec<usize> {
        self.filter_map(|i| usize::try_from(i).ok()).collect()
    }
}

/// Concatenates lists.
pub fn concat(parts: &[&Numbers], along: i64) -> Option<Numbers> {
    axis(along, 1)?;
    let total = parts.iter().try_fold(0usize, |n, part| n.checked_add(part.values.len()));
    let flat = parts.iter().all(|part| part.shape.len() == 1);
    let total = total.filter(|total| flat && *total <= MOST_SIZES)?;
    let values = parts.iter().flat_map(|part| part.values.iter()).copied().collect();
    Some(Numbers { whole: parts.iter().all(|part| part.whole), ..Numbers::new(vec![total], values) })
}

/// Permutes the axes.
pub fn transpose(x: &Numbers, order: Option<&[i64]>) -> Option<Numbers> {
    let rank = x.shape.len();
    let order = match order {
        Some(order) => order.iter().map(|a| axis(*a, rank)).collect::<Option<Vec<_>>>()?,
        None => (0..rank).rev().collect(),
    };
    let each = (0..rank).all(|axis| order.contains(&axis));
    if order.len() != rank || !each || x.values.is_empty() {
        return None;
    }
    let shape: Vec<usize> = order.iter().map(|axis| x.shape[*axis]).collect();
    let strides: Vec<usize> = order.iter().map(|axis| x.shape[axis + 1..].iter().product()).collect();
    let index = |mut i: usize| {
        let mut index = 0;
        for (side, stride) in shape.iter().zip(&strides).rev() {
            index += i % side * stride;
            i /= side;
        }
        index
    };
    let values = (0..x.values.len()).map(|i| x.values[index(i)]).collect();
    Some(Numbers { whole: x.whole, ..Numbers::new(shape, values) })
}

/// Returns the shape that `Reshape` gives to `count` values of the shape `from`: 0 keeps the side, -1 is computed from
/// the others.
pub fn reshaped(from: &[usize], count: usize, target: &[i64]) -> Option<Vec<usize>> {
    if target.len() > MOST_AXES || target.iter().filter(|side| **side == -1).count() > 1 {
        return None;
    }
    let side = |(i, side): (usize, &i64)| match side {
        -1 => Some(None),
        0 => from.get(i).copied().map(Some),
        side => usize::try_from(*side).ok().map(Some),
    };
    let sides = target.iter().enumerate().map(side).collect::<Option<Vec<_>>>()?;
    let known = sides.iter().flatten().try_fold(1usize, |n, side| n.checked_mul(*side))?;
    let rest = count.checked_div(known).unwrap_or(0);
    let shape: Vec<usize> = sides.into_iter().map(|side| side.unwrap_or(rest)).collect();
    (shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side)) == Some(count)).then_some(shape)
}

/// Returns the shape without sides of 1: those in `axes`, or all.
pub fn squeezed(from: &[usize], axes: Option<&[i64]>) -> Option<Vec<usize>> {
    let gone = match axes {
        Some(axes) if axes.len() > MOST_AXES => return None,
        Some(axes) => axes.iter().map(|a| axis(*a, from.len())).collect::<Option<Vec<_>>>()?,
        None => (0..from.len()).collect(),
    };
    let kept = from.iter().enumerate().filter(|(i, side)| **side != 1 || !gone.contains(i));
    Some(kept.map(|(_, side)| *side).collect())
}

/// Returns the shape with sides of 1 inserted at `axes`.
pub fn unsqueezed(from: &[usize], axes: &[i64]) -> Option<Vec<usize>> {
    let rank = from.len().checked_add(axes.len()).filter(|rank| *rank <= MOST_AXES)?;
    let new = axes.iter().map(|a| axis(*a, rank)).collect::<Option<Vec<_>>>()?;
    let mut sides = from.iter().copied();
    (0..rank).map(|i| if new.contains(&i) { Some(1) } else { sides.next() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(shape: &[usize]) -> Numbers {
        Numbers::new(shape.to_vec(), (0..shape.iter().product()).map(|i: usize| i as f64).collect())
    }

    fn values(numbers: Option<Numbers>) -> (Vec<usize>, Vec<f64>) {
        let numbers = numbers.unwrap();
        (numbers.shape.clone(), numbers.values.to_vec())
    }

    #[test]
    fn numbers_are_taken_repeated_and_turned() {
        let x = numbers(&[2, 3]);
        assert_eq!(values(slice(&x, &[1], &[i64::MAX], Some(&[-1]), None)), (vec![2, 2], vec![1.0, 2.0, 4.0, 5.0]));
        assert_eq!(values(slice(&x, &[-1, 2], &[i64::MIN, 0], None, Some(&[-1, -2]))), (vec![2, 1], vec![5.0, 2.0]));
        assert_eq!(values(slice(&x, &[5], &[1], None, None)), (vec![0, 3], vec![]));
        assert_eq!(values(gather(&x, &Numbers::sizes([1, 0]), 1)), (vec![2, 2], vec![1.0, 0.0, 4.0, 3.0]));
        assert_eq!(values(gather(&x, &Numbers::new(vec![], vec![-1.0]), 0)), (vec![3], vec![3.0, 4.0, 5.0]));
        assert_eq!(values(transpose(&x, None)), (vec![3, 2], vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
        assert_eq!(transpose(&numbers(&[2, 1, 3]), Some(&[2, 0, 1])).unwrap().shape, [3, 2, 1]);
        assert_eq!(values(expand(&numbers(&[2, 1]), &[3, 1, 2])), (vec![3, 2, 2], [0.0, 0.0, 1.0, 1.0].repeat(3)));
        assert_eq!(values(tile(&numbers(&[2]), &[2])), (vec![4], vec![0.0, 1.0, 0.0, 1.0]));
        assert_eq!(values(concat(&[&numbers(&[2]), &numbers(&[1])], 0)), (vec![3], vec![0.0, 1.0, 0.0]));
    }

    #[test]
    fn shapes_are_those_of_the_standard() {
        assert_eq!(reshaped(&[2, 3, 4], 24, &[0, -1]), Some(vec![2, 12]));
        assert_eq!(reshaped(&[4], 4, &[-1, 2]), Some(vec![2, 2]));
        assert_eq!(reshaped(&[4], 4, &[-1, 3]), None);
        assert_eq!(reshaped(&[4], 4, &[-1, -1]), None);
        assert_eq!(reshaped(&[4], 4, &[-2, -2]), None);
        assert_eq!(unsqueezed(&[3], &[0, -1]), Some(vec![1, 3, 1]));
        assert_eq!(squeezed(&[1, 3, 1], Some(&[-1])), Some(vec![1, 3]));
        assert_eq!(squeezed(&[1, 3, 1], None), Some(vec![3]));
        assert_eq!(broadcast(&[2, 1], &[3]), Some(vec![2, 3]));
        assert_eq!(broadcast(&[2], &[3]), None);
        assert_eq!(broadcast_indices(&[2, 1], &[2, 3]).collect::<Vec<_>>(), [0, 0, 0, 1, 1, 1]);
        assert_eq!(broadcast_indices(&[3], &[2, 3]).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn nothing_grows_beyond_what_sizes_need() {
        let x = numbers(&[64]);
        let empty = Numbers::new(vec![1 << 40, 0], vec![]);
        assert_eq!(slice(&empty, &[0], &[i64::MAX], None, None), None);
        assert_eq!(gather(&empty, &Numbers::sizes([0]), 0).unwrap().shape, [1, 0]);
        assert_eq!(unsqueezed(&[1], &vec![0; 600_000]), None);
        assert_eq!(expand(&x, &[1 << 20, 64]), None);
        assert_eq!(expand(&x, &[1 << 40, 0, 1]), None);
        assert_eq!(tile(&x, &[1 << 40]), None);
        assert_eq!(tile(&x, &[i64::MAX]), None);
        assert_eq!(concat(&[&x; 65], 0), None);
        assert_eq!(gather(&x, &Numbers::new(vec![5000], vec![0.0; 5000]), 0), None);
        assert_eq!(reshaped(&[1], 1, &[1; 9]), None);
        assert_eq!(reshaped(&[1], 1, &[i64::MAX, i64::MAX]), None);
    }
}
