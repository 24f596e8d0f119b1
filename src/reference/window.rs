//! Reference implementations of windows on planes, for `im_window.wgsl` and `im_window_grad.wgsl`.

use crate::net::Shape;
use crate::net::window::Window;

/// Returns the copies of `x`, `[blocks * blocks * channels][rows][columns]`.
pub fn window(window: Window, x: &[f32], shape: Shape) -> Vec<f32> {
    window.sources(shape).map(|i| x[i]).collect()
}

/// Backward pass of [`window`]: returns the gradient of `x`, of shape `shape`, given the `gradient` of the copies.
pub fn window_back(window: Window, gradient: &[f32], shape: Shape) -> Vec<f32> {
    let mut sums = vec![0.0; shape.len()];
    for (i, value) in window.sources(shape).zip(gradient) {
        sums[i] += value;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::layers::upsample2;

    const SHAPE: Shape = Shape { channels: 2, height: 3, width: 4 };

    fn numbers() -> Vec<f32> {
        (0..SHAPE.len()).map(|i| i as f32).collect()
    }

    #[test]
    fn windows_pad_cut_and_enlarge() {
        let padded = window(Window::padded(3, 4, 1, 1), &numbers(), SHAPE);
        assert_eq!(padded[..12], [5.0, 4.0, 5.0, 6.0, 7.0, 6.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0]);
        let shape = Shape { channels: 2, height: 5, width: 6 };
        assert_eq!(window(Window::inner(5, 6, 1), &padded, shape), numbers());
        assert_eq!(window(Window::inner(5, 6, 2), &padded, shape), [0.0, 2.0, 8.0, 10.0, 12.0, 14.0, 20.0, 22.0]);
        assert_eq!(window(Window::doubled(3, 4), &numbers(), SHAPE), upsample2(&numbers(), SHAPE));
    }

    #[test]
    fn copies_are_shifted_by_three() {
        let plane = Shape { channels: 1, height: 8, width: 8 };
        let x: Vec<f32> = (0..64).map(|i| i as f32).collect();
        let window = Window::padded(8, 8, 0, 2);
        let copies = super::window(window, &x, plane);
        assert_eq!((window.size, copies.len()), ((5, 5), 100));
        assert_eq!([copies[0], copies[25], copies[50], copies[75]], [0.0, 3.0, 24.0, 27.0]);
        // Each gradient is added to the pixel that the value was copied from.
        let back = window_back(window, &vec![1.0; 100], plane);
        assert_eq!(back.iter().sum::<f32>(), 100.0);
        assert_eq!((back[0], back[27]), (1.0, 4.0));
    }
}
