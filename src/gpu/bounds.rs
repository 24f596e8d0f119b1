//! Limits of a device, and checks of sizes against them.

use crate::error::Excess;

/// The limits of a device for the resources that a plan needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Maximum bytes of a storage buffer: the smaller of `maxStorageBufferBindingSize` and `maxBufferSize`.
    pub buffer: u64,
    /// Maximum pixels along a side of a texture (`maxTextureDimension2D`).
    pub texture: u32,
}

impl Bounds {
    /// Returns the excess of a texture whose longer side has `needed` pixels, or `None` if it fits.
    pub fn side(self, needed: u64) -> Option<Excess> {
        Excess::of("pixels in `maxTextureDimension2D`", needed, self.texture.into())
    }

    /// Returns the excess of a buffer of `needed` bytes, or `None` if it fits.
    pub fn buffer(self, needed: u64) -> Option<Excess> {
        Excess::of("bytes in `maxStorageBufferBindingSize`", needed, self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_met_exactly() {
        let bounds = Bounds { buffer: 100, texture: 10 };
        assert_eq!((bounds.side(10), bounds.buffer(100)), (None, None));
        let error = bounds.side(11).unwrap().error((11, 4), 10);
        assert!(error.to_string().contains("11 pixels") && error.to_string().contains("about 10 pixels"), "{error}");
        assert!(bounds.buffer(101).is_some());
    }
}
