//! What a device allows, and what a picture may break of it.

use crate::error::Error;

/// The largest size of the things that a plan needs, on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a storage buffer (`maxStorageBufferBindingSize` and `maxBufferSize`, whichever is less).
    pub buffer: u64,
    /// Pixels along a side of a texture (`maxTextureDimension2D`).
    pub texture: u32,
}

/// A bound that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    /// The unit of both numbers, and the bound's name.
    limit: &'static str,
    needed: u64,
    allowed: u64,
}

impl Excess {
    /// That of a texture with a side of so many pixels.
    pub fn side(bounds: Bounds, needed: u64) -> Option<Self> {
        Self::of("pixels in `maxTextureDimension2D`", needed, bounds.texture.into())
    }

    /// That of a buffer of so many bytes.
    pub fn buffer(bounds: Bounds, needed: u64) -> Option<Self> {
        Self::of("bytes in `maxStorageBufferBindingSize`", needed, bounds.buffer)
    }

    /// Whether `needed` is more than `allowed`; `limit` begins with the unit of both.
    pub fn of(limit: &'static str, needed: u64, allowed: u64) -> Option<Self> {
        (needed > allowed).then_some(Self { limit, needed, allowed })
    }

    /// The error for a picture of `width` x `height`, of which `fits` pixels on the longer side would fit.
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
