//! The shaders' texts: the files of `shaders/` as [`super::preprocess`] reads them. Full-line comments and empty lines
//! are removed when the crate is compiled, because they would add to the size of the wasm modules.

/// Embeds a file of `shaders/`.
macro_rules! shader {
    ($path:literal) => {{
        const FILE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $path));
        const TEXT: [u8; stripped::<0>(FILE).1] = stripped(FILE).0;
        match std::str::from_utf8(&TEXT) {
            Ok(text) => text,
            Err(_) => panic!("a shader is not UTF-8"),
        }
    }};
}

/// Defines constants with the texts of files.
macro_rules! texts {
    ($($name:ident = $path:literal,)*) => {
        $(#[doc = concat!("The text of `shaders/", $path, "`.")] pub const $name: &str = shader!($path);)*
    };
}

texts! {
    COPY = "bench/copy.wgsl",
    MULTIPLY_ADD = "bench/multiply_add.wgsl",
    CONV_DIRECT = "conv/conv_direct.wgsl",
    CONV_GENERIC = "conv/conv_generic.wgsl",
    CONV_LARGE = "conv/conv_large.wgsl",
    CONV_TILED = "conv/conv_tiled.wgsl",
    INSTANCE_NORM_FOLD = "conv/instance_norm_fold.wgsl",
    ROW_MOMENTS = "conv/row_moments.wgsl",
    COMPOSITE = "io/composite.wgsl",
    LOAD_INPUT = "io/load_input.wgsl",
    TEMPORAL_FILTER = "io/temporal_filter.wgsl",
    CONV3X3_RGB = "mobilenet/conv3x3_rgb.wgsl",
    DEPTHWISE = "mobilenet/depthwise.wgsl",
    GLOBAL_MEAN = "mobilenet/global_mean.wgsl",
    POINTWISE = "mobilenet/pointwise.wgsl",
    GRAM = "train/gram.wgsl",
    GRAM_GRAD = "train/gram_grad.wgsl",
    IM_WINDOW = "train/im_window.wgsl",
    IM_WINDOW_GRAD = "train/im_window_grad.wgsl",
    INSTANCE_NORM = "train/instance_norm.wgsl",
    INSTANCE_NORM_GRAD = "train/instance_norm_grad.wgsl",
    NEAREST = "train/nearest.wgsl",
    TRAIN_CONV3X3 = "train/train_conv3x3.wgsl",
    TRAIN_CONV3X3_WEIGHT_GRAD = "train/train_conv3x3_weight_grad.wgsl",
}

/// The files of `shaders/shared/`, by the names that `#import` uses. Every module with shaders contains this table, so
/// the files for training are left out of modules that do not train.
pub(super) const SHARED: &[(&str, &str)] = &[
    ("conv", shader!("shared/conv.wgsl")),
    ("conv_run", shader!("shared/conv_run.wgsl")),
    ("mobilenet", shader!("shared/mobilenet.wgsl")),
    ("painting", shader!("shared/painting.wgsl")),
    ("photo", shader!("shared/photo.wgsl")),
    #[cfg(any(feature = "studio", feature = "native"))]
    ("plane_moments", shader!("shared/plane_moments.wgsl")),
    #[cfg(any(feature = "studio", feature = "native"))]
    ("window_shape", shader!("shared/window_shape.wgsl")),
    ("workgroup_sum", shader!("shared/workgroup_sum.wgsl")),
];

/// Comments that are directives of the preprocessor, up to their arguments.
const DIRECTIVES: [&str; 4] = ["// when ", "// each ", "// end when", "// end each"];

/// Returns the first `N` bytes of `file` without full-line comments and empty lines, and how many bytes remain of the
/// whole file. Directives are kept.
const fn stripped<const N: usize>(file: &[u8]) -> ([u8; N], usize) {
    let (mut text, mut length, mut start) = ([0; N], 0, 0);
    while start < file.len() {
        let mut code = start;
        while code < file.len() && file[code] == b' ' {
            code += 1;
        }
        let mut end = code;
        while end < file.len() && file[end] != b'\n' {
            end += 1;
        }
        let mut kept = code < end && !has_at(file, code, "//");
        let mut i = 0;
        while i < DIRECTIVES.len() {
            kept = kept || has_at(file, code, DIRECTIVES[i]);
            i += 1;
        }
        while kept && start <= end && start < file.len() {
            if length < N {
                text[length] = file[start];
            }
            length += 1;
            start += 1;
        }
        start = end + 1;
    }
    (text, length)
}

/// Whether `file` has `text` at `at`.
const fn has_at(file: &[u8], at: usize, text: &str) -> bool {
    let text = text.as_bytes();
    let mut i = 0;
    while i < text.len() {
        if at + i >= file.len() || file[at + i] != text[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::stripped;

    #[test]
    fn comments_and_empty_lines_are_removed_and_directives_kept() {
        let file = b"// A file.\n\nlet a = 1; // one\n    // Why.\n    // when A == 1\n  let b;\n  // end when\n// each 2 as q\n// end each\n//";
        let kept = b"let a = 1; // one\n    // when A == 1\n  let b;\n  // end when\n// each 2 as q\n// end each\n";
        assert_eq!(stripped::<0>(file).1, kept.len());
        assert_eq!(&stripped::<{ "let a = 1; // one\n".len() }>(file).0, b"let a = 1; // one\n");
        let (text, length) = stripped::<200>(file);
        assert_eq!(std::str::from_utf8(&text[..length]), std::str::from_utf8(kept));
        assert_eq!(stripped::<3>(b"let"), (*b"let", 3));
        assert_eq!(stripped::<0>(b""), ([], 0));
    }
}
