//! Converts decoded pixels to sRGB over a background: 8, 16 or 32 bits, gray, RGB or CMYK, with any colour profile.

use std::sync::Arc;

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout,
    MatrixCoefficients, RenderingIntent, ToneReprCurve, TransferCharacteristics, Transform16BitExecutor,
    TransformOptions, XyY,
};

use super::source::{Channels, Chromaticities, ColorTag, Header, Row};

/// The threshold, half a step of 8 bits, below which a profile is not applied because it changes no colour by as much.
const SAME: u16 = 128;
/// The number of steps per channel of the test colours for [`SAME`].
const TRIED: u32 = 6;
/// The number of entries of a transfer curve that is computed from code points.
const CURVE: usize = 4096;
/// The luminance of white paper in a picture with a high dynamic range, and the peak luminance of PQ, in candela per
/// square metre.
const PQ_WHITE: f64 = 203.0;
const PQ_PEAK: f64 = 10_000.0;
/// The signal of white paper in Hybrid Log-Gamma.
const HLG_WHITE: f64 = 0.75;

/// Converts rows to sRGB over a background.
pub(super) struct Converter {
    channels: Channels,
    premultiplied: bool,
    background: [f32; 3],
    transform: Option<Transform>,
    /// The colours of one row without alpha, and the result of the transform.
    colors: Vec<u16>,
    converted: Vec<u16>,
    /// True after a pixel with alpha below 1.
    pub transparent: bool,
}

struct Transform {
    executor: Arc<Transform16BitExecutor>,
    /// Gray is written three times, for an RGB profile.
    gray_as_rgb: bool,
}

impl Converter {
    /// Creates the converter for the picture with this header. Adds a warning for a profile that cannot be used.
    pub fn new(header: &Header, background: [f32; 3], warnings: &mut Vec<String>) -> Self {
        let transform = match profile(&header.color, warnings) {
            None => None,
            Some(profile) => transform(&profile, header.channels).unwrap_or_else(|reason| {
                warnings.push(format!("{reason}; its colours are interpreted as sRGB"));
                None
            }),
        };
        Self {
            channels: header.channels,
            premultiplied: header.premultiplied,
            background,
            transform,
            colors: Vec::new(),
            converted: Vec::new(),
            transparent: false,
        }
    }

    /// Converts one row into `out`: RGB, or with `with_alpha` RGB over the background and alpha.
    pub fn convert(&mut self, row: &Row<'_>, with_alpha: bool, out: &mut Vec<f32>) {
        out.clear();
        match (row, &self.transform) {
            (Row::U8(row), None) => self.direct(row, |value| f32::from(value) / 255.0, with_alpha, out),
            (Row::U16(row), None) => self.direct(row, |value| f32::from(value) / 65535.0, with_alpha, out),
            (Row::F32(row), None) => self.direct(row, |value| value, with_alpha, out),
            (Row::U8(row), Some(_)) => self.transformed(row, |value| u16::from(value) * 257, with_alpha, out),
            (Row::U16(row), Some(_)) => self.transformed(row, |value| value, with_alpha, out),
            (Row::F32(row), Some(_)) => {
                self.transformed(row, |value| (value * 65535.0 + 0.5) as u16, with_alpha, out);
            }
        }
    }

    fn direct<T: Copy>(&mut self, row: &[T], value: impl Fn(T) -> f32, with_alpha: bool, out: &mut Vec<f32>) {
        match self.channels {
            Channels::Rgb if !with_alpha => out.extend(row.iter().map(|&v| value(v))),
            Channels::Rgb => row.as_chunks::<3>().0.iter().for_each(|&p| {
                out.extend(p.map(&value));
                out.push(1.0);
            }),
            Channels::Gray => row.iter().for_each(|&v| self.push([value(v); 3], 1.0, with_alpha, out)),
            Channels::GrayAlpha => {
                row.as_chunks().0.iter().for_each(|&[v, a]| self.push([value(v); 3], value(a), with_alpha, out));
            }
            Channels::Rgba => {
                row.as_chunks().0.iter().for_each(|&[r, g, b, a]| {
                    self.push([value(r), value(g), value(b)], value(a), with_alpha, out);
                });
            }
            Channels::Cmyk => row.as_chunks().0.iter().for_each(|&[c, m, y, k]| {
                let light = 1.0 - value(k);
                self.push([c, m, y].map(|ink| (1.0 - value(ink)) * light), 1.0, with_alpha, out);
            }),
        }
    }

    fn transformed<T: Copy>(&mut self, row: &[T], value: impl Fn(T) -> u16, with_alpha: bool, out: &mut Vec<f32>) {
        let Some(Transform { executor, gray_as_rgb }) = &self.transform else { return };
        let (count, colors) = (self.channels.count(), self.channels.colors());
        self.colors.clear();
        for pixel in row.chunks_exact(count) {
            let alpha = if self.channels.has_alpha() { value(pixel[count - 1]) } else { u16::MAX };
            for &color in &pixel[..colors] {
                let mut color = value(color);
                if self.premultiplied && alpha > 0 {
                    color = (u32::from(color) * u32::from(u16::MAX) / u32::from(alpha)).min(u16::MAX.into()) as u16;
                }
                let times = if *gray_as_rgb { 3 } else { 1 };
                self.colors.extend(std::iter::repeat_n(color, times));
            }
        }
        self.converted.clear();
        self.converted.resize(row.len() / count * 3, 0);
        // The transform only fails for wrong lengths, and the lengths are correct here.
        if executor.transform(&self.colors, &mut self.converted).is_err() {
            return self.direct(row, |v| f32::from(value(v)) / 65535.0, with_alpha, out);
        }
        let converted = std::mem::take(&mut self.converted);
        let premultiplied = std::mem::replace(&mut self.premultiplied, false);
        for (pixel, rgb) in row.chunks_exact(count).zip(converted.as_chunks::<3>().0) {
            let alpha = if self.channels.has_alpha() { f32::from(value(pixel[count - 1])) / 65535.0 } else { 1.0 };
            self.push(rgb.map(|v| f32::from(v) / 65535.0), alpha, with_alpha, out);
        }
        self.premultiplied = premultiplied;
        self.converted = converted;
    }

    fn push(&mut self, rgb: [f32; 3], alpha: f32, with_alpha: bool, out: &mut Vec<f32>) {
        if alpha < 1.0 {
            self.transparent = true;
            let share = if self.premultiplied { 1.0 } else { alpha };
            for (color, ground) in rgb.iter().zip(self.background) {
                out.push((color * share + ground * (1.0 - alpha)).min(1.0));
            }
        } else {
            out.extend(rgb);
        }
        if with_alpha {
            out.push(alpha);
        }
    }
}

/// Returns the colour profile of a file, or `None` for sRGB.
fn profile(tag: &ColorTag, warnings: &mut Vec<String>) -> Option<ColorProfile> {
    match tag {
        ColorTag::Srgb => None,
        ColorTag::Icc(bytes) => match ColorProfile::new_from_slice(bytes) {
            Ok(profile) => Some(profile),
            Err(_) => {
                warnings
                    .push("the colour profile in the file is damaged; its colours are interpreted as sRGB".to_string());
                None
            }
        },
        ColorTag::Gamma { gamma, chromaticities } => {
            let mut profile = ColorProfile::new_srgb();
            profile.cicp = None;
            if let Some(c) = chromaticities {
                let point = |(x, y): (f32, f32)| Chromaticity { x, y };
                let white = XyY { x: c.white.0.into(), y: c.white.1.into(), yb: 1.0 };
                let primaries = ColorPrimaries { red: point(c.red), green: point(c.green), blue: point(c.blue) };
                if !sensible(c) {
                    warnings.push(
                        "the primary colours in the file are invalid; the colours are interpreted as sRGB".to_string(),
                    );
                    return None;
                }
                profile.update_rgb_colorimetry(white, primaries);
            }
            set_curve(&mut profile, ToneReprCurve::Parametric(vec![1.0 / gamma]));
            Some(profile)
        }
        ColorTag::CodePoints { primaries, transfer, matrix, full_range } => {
            let profile = code_points(*primaries, *transfer, *matrix, *full_range);
            if profile.is_none() {
                warnings
                    .push("the file names an unknown colour space; its colours are interpreted as sRGB".to_string());
            }
            if profile.is_some() && matches!(transfer, 16 | 18) {
                warnings.push("the picture has a high dynamic range: values above white are clipped".to_string());
            }
            profile
        }
    }
}

/// Returns whether these chromaticities span a triangle.
fn sensible(c: &Chromaticities) -> bool {
    let ok = |(x, y): (f32, f32)| (0.0..=1.0).contains(&x) && y > 0.0 && y <= 1.0;
    let area = (c.green.0 - c.red.0) * (c.blue.1 - c.red.1) - (c.blue.0 - c.red.0) * (c.green.1 - c.red.1);
    ok(c.white)
        && [c.red, c.green, c.blue].into_iter().all(|(x, y)| (-1.0..=2.0).contains(&x) && (-1.0..=2.0).contains(&y))
        && area.abs() > 1e-3
}

fn set_curve(profile: &mut ColorProfile, curve: ToneReprCurve) {
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
}

/// Returns the profile of code points of ITU-T H.273. Only full-range RGB is supported.
fn code_points(primaries: u8, transfer: u8, matrix: u8, full_range: bool) -> Option<ColorProfile> {
    if matrix != 0 || !full_range {
        return None;
    }
    let color_primaries = CicpColorPrimaries::try_from(primaries).ok()?;
    let transfer_characteristics = match transfer {
        16 | 18 => TransferCharacteristics::Srgb,
        _ => TransferCharacteristics::try_from(transfer).ok()?,
    };
    let mut profile = ColorProfile::new_srgb();
    let cicp = CicpProfile {
        color_primaries,
        transfer_characteristics,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range,
    };
    // The function returns false even on success; it sets the code points on success.
    profile.cicp = None;
    profile.update_rgb_colorimetry_from_cicp(cicp);
    profile.cicp?;
    let light: Option<fn(f64) -> f64> = match transfer {
        16 => Some(|signal| perceptual_quantizer(signal) * PQ_PEAK / PQ_WHITE),
        18 => Some(|signal| hybrid_log_gamma(signal) / hybrid_log_gamma(HLG_WHITE)),
        _ => None,
    };
    if let Some(light) = light {
        let entry = |i: usize| (light(i as f64 / (CURVE - 1) as f64).min(1.0) * 65535.0).round() as u16;
        set_curve(&mut profile, ToneReprCurve::Lut((0..CURVE).map(entry).collect()));
        profile.cicp = None;
    }
    Some(profile)
}

/// Returns the luminance of a PQ signal (SMPTE ST 2084), relative to the peak.
fn perceptual_quantizer(signal: f64) -> f64 {
    let (m1, m2) = (2610.0 / 16384.0, 2523.0 / 4096.0 * 128.0);
    let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 4096.0 * 32.0, 2392.0 / 4096.0 * 32.0);
    let root = signal.powf(1.0 / m2);
    ((root - c1).max(0.0) / (c2 - c3 * root)).powf(1.0 / m1)
}

/// Returns the scene light of a Hybrid Log-Gamma signal (ITU-R BT.2100), without the system gamma of the display.
fn hybrid_log_gamma(signal: f64) -> f64 {
    let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
    if signal <= 0.5 { signal * signal / 3.0 } else { (((signal - c) / a).exp() + b) / 12.0 }
}

/// Returns the transform from `profile` to sRGB for pixels of these channels, or `None` if it would change no colour.
fn transform(profile: &ColorProfile, channels: Channels) -> Result<Option<Transform>, String> {
    let (layout, inputs, gray_as_rgb) = match (profile.color_space, channels.colors()) {
        (DataColorSpace::Rgb, 3) => (Layout::Rgb, 3, false),
        (DataColorSpace::Rgb, 1) => (Layout::Rgb, 3, true),
        (DataColorSpace::Gray, 1) => (Layout::Gray, 1, false),
        (DataColorSpace::Cmyk, 4) => (Layout::Rgba, 4, false),
        _ => return Err("the colour profile in the file does not fit its pixels".to_string()),
    };
    let options = TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        prefer_fixed_point: false,
        ..TransformOptions::default()
    };
    let executor = profile
        .create_transform_16bit(layout, &ColorProfile::new_srgb(), Layout::Rgb, options)
        .map_err(|_| "the colour profile in the file cannot be used".to_string())?;
    if inputs != 4 && changes_nothing(&*executor, inputs) {
        return Ok(None);
    }
    Ok(Some(Transform { executor, gray_as_rgb }))
}

/// Returns whether the transform keeps a grid of colours unchanged.
fn changes_nothing(executor: &Transform16BitExecutor, inputs: u32) -> bool {
    let level = |step: u32| (step * u32::from(u16::MAX) / (TRIED - 1)) as u16;
    (0..TRIED.pow(inputs)).all(|index| {
        let color: Vec<u16> = (0..inputs).map(|c| level(index / TRIED.pow(c) % TRIED)).collect();
        let mut rgb = [0; 3];
        let want = if inputs == 1 { [color[0]; 3] } else { [color[0], color[1], color[2]] };
        executor.transform(&color, &mut rgb).is_ok() && rgb.iter().zip(want).all(|(a, b)| a.abs_diff(b) < SAME)
    })
}

/// Returns the bytes of the sRGB ICC profile, or `None` if it cannot be encoded.
pub(super) fn srgb_profile() -> Option<Vec<u8>> {
    ColorProfile::new_srgb().encode().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_paper_of_high_dynamic_range_is_white() {
        // BT.2408: 203 candela per square metre are 58 % of the PQ signal and 75 % of the HLG signal.
        assert!((perceptual_quantizer(0.58) * PQ_PEAK / PQ_WHITE - 1.0).abs() < 0.02);
        assert!((perceptual_quantizer(1.0) - 1.0).abs() < 1e-9);
        assert!((hybrid_log_gamma(1.0) - 1.0).abs() < 1e-4);
        assert!((hybrid_log_gamma(0.5) - 1.0 / 12.0).abs() < 1e-9);
    }

    #[test]
    fn colours_multiplied_by_alpha_are_laid_on_the_background_as_they_are() {
        let mut header = Header::plain(1, 1, Channels::Rgba);
        header.premultiplied = true;
        let mut converter = Converter::new(&header, [1.0; 3], &mut Vec::new());
        let mut out = Vec::new();
        converter.convert(&Row::U8(&[51, 0, 102, 102]), true, &mut out);
        let bytes: Vec<u8> = out.iter().map(|value| (value * 255.0 + 0.5) as u8).collect();
        assert_eq!(bytes, [204, 153, 255, 102]);
        assert!(converter.transparent);
    }

    #[test]
    fn gray_float_and_inks_become_rgb() {
        let mut out = Vec::new();
        let mut convert = |channels, row: Row<'_>| {
            Converter::new(&Header::plain(1, 1, channels), [1.0; 3], &mut Vec::new()).convert(&row, false, &mut out);
            out.clone()
        };
        assert_eq!(convert(Channels::Gray, Row::U16(&[65535])), [1.0; 3]);
        assert_eq!(convert(Channels::Rgb, Row::F32(&[0.0, 0.25, 1.0])), [0.0, 0.25, 1.0]);
        assert_eq!(convert(Channels::Cmyk, Row::U8(&[255, 0, 0, 0])), [0.0, 1.0, 1.0]);
        assert_eq!(convert(Channels::Cmyk, Row::U8(&[0, 0, 0, 255])), [0.0; 3]);
    }
}
