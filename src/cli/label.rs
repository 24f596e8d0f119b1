//! Draws a line of text into a picture, with the prerendered font Noto Sans Mono.

use impasto::image::Image;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// A font size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letters(RasterHeight);

impl Letters {
    /// Returns the font size for a caption `width` pixels wide.
    pub fn for_width(width: usize) -> Self {
        Self(match width {
            0..240 => RasterHeight::Size16,
            240..480 => RasterHeight::Size20,
            _ => RasterHeight::Size24,
        })
    }

    /// Returns the height of a line in pixels.
    pub fn height(self) -> usize {
        self.0.val()
    }

    /// Returns `text`, shortened with two dots to fit into `width` pixels.
    pub fn fitted(self, text: &str, width: usize) -> String {
        let room = width / get_raster_width(FontWeight::Regular, self.0);
        if text.chars().count() <= room {
            return text.to_string();
        }
        text.chars().take(room.saturating_sub(2)).chain("..".chars()).collect()
    }

    /// Draws `text` in grey level `ink` over `canvas` (RGB in 0..1, `canvas_width` pixels wide), with its upper left
    /// corner at `(x, y)`. Characters that the font lacks become question marks; pixels outside the canvas are clipped.
    pub fn draw(self, text: &str, ink: f32, canvas: &mut [f32], canvas_width: usize, (x, y): (usize, usize)) {
        let advance = get_raster_width(FontWeight::Regular, self.0);
        for (i, letter) in text.chars().enumerate() {
            let raster = get_raster(letter, FontWeight::Regular, self.0)
                .or_else(|| get_raster('?', FontWeight::Regular, self.0));
            let Some(raster) = raster else { continue };
            for (row, levels) in raster.rows().enumerate() {
                for (column, &level) in levels.iter().enumerate() {
                    let (px, py) = (x + i * advance + column, y + row);
                    let at = (py * canvas_width + px) * 3;
                    if px < canvas_width && at + 3 <= canvas.len() {
                        let cover = f32::from(level) / 255.0;
                        for value in &mut canvas[at..at + 3] {
                            *value += (ink - *value) * cover;
                        }
                    }
                }
            }
        }
    }
}

/// Copies `picture` into `canvas`, with its upper left corner at `(x, y)`. The picture must lie inside the canvas.
pub fn paste(picture: &Image, canvas: &mut [f32], canvas_width: usize, (x, y): (usize, usize)) {
    for (row, pixels) in picture.data().chunks_exact(picture.width() * 3).enumerate() {
        let at = ((y + row) * canvas_width + x) * 3;
        canvas[at..at + pixels.len()].copy_from_slice(pixels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_darken_the_paper_where_they_are_and_nowhere_else() {
        let letters = Letters::for_width(100);
        let width = 20;
        let mut canvas = vec![1.0; width * (letters.height() + 4) * 3];
        letters.draw("Il", 0.0, &mut canvas, width, (1, 2));
        assert!(canvas.iter().any(|v| *v < 0.1));
        assert!(canvas[..width * 2 * 3].iter().all(|v| *v == 1.0));
        assert!(canvas[canvas.len() - width * 2 * 3..].iter().all(|v| *v == 1.0));
        // Text beyond the right edge is clipped, not wrapped.
        letters.draw("long enough to hang over", 0.0, &mut canvas, width, (width - 3, 2));
        assert_eq!(letters.fitted("Starry Strokes", 50), "Starr..");
        assert_eq!(letters.fitted("Ink", 50), "Ink");
    }
}
