//! Limits of a device, and checks of sizes against them.

use crate::error::Error;

/// The limits of a device for the resources that a plan needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Maximum bytes of a storage buffer: the smaller of `maxStorageBufferBindingSize` and `maxBufferSize`.
    pub buffer: u64,
    /// Maximum pixels along a side of a texture (`maxTextureDimension2D`).
    pub texture: u32,
}

/// A size that exceeds a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    /// The unit of both numbers, and the limit's name.
    limit: &'static str,
    needed: u64,
    allowed: u64,
}

impl Excess {
    /// Returns the excess of a texture whose longer side has `needed` pixels, or `None` if it fits.
    pub fn side(bounds: Bounds, needed: u64) -> Option<Self> {
        Self::of("pixels in `maxTextureDimension2D`", needed, bounds.texture.into())
    }

    /// Returns the excess of a buffer of `needed` bytes, or `None` if it fits.
    pub fn buffer(bounds: Bounds, needed: u64) -> Option<Self> {
        Self::of("bytes in `maxStorageBufferBindingSize`", needed, bounds.buffer)
    }

    /// Returns an excess if `needed` is more than `allowed`. `limit` begins with the unit of both numbers.
    pub fn of(limit: &'static str, needed: u64, allowed: u64) -> Option<Self> {
        (needed > allowed).then_some(Self { limit, needed, allowed })
    }

    /// Returns the error for a picture of `width` x `height`, of which `fits` pixels on the longer side would fit.
    pub fn error(self, (width, height): (usize, usize), fits: usize) -> Error {
        let Self { limit, needed, allowed } = self;
        Error::TooLarge { width, height, limit, needed, allowed, fits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_met_exactly() {
        let bounds = Bounds { buffer: 100, texture: 10 };
        assert_eq!((Excess::side(bounds, 10), Excess::buffer(bounds, 100)), (None, None));
        let error = Excess::side(bounds, 11).unwrap().error((11, 4), 10);
        assert!(error.to_string().contains("11 pixels") && error.to_string().contains("about 10 pixels"), "{error}");
        assert!(Excess::buffer(bounds, 101).is_some());
    }
}
