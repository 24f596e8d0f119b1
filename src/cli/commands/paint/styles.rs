//! The paintings of `impasto paint`: `--style-image`, repeated, each followed by its masks.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use impasto::error::Result;
use impasto::train::StyleTarget;

use crate::cli::photos::ReadArguments;
use crate::cli::style_text::parse;

const STYLE_IMAGE: &str = "style-image";
const MASK: &str = "mask";
const STYLE_MASK: &str = "style-mask";

/// The arguments of one painting.
#[derive(Debug, Clone)]
struct Named {
    /// The path, with an optional `:WEIGHT`.
    painting: OsString,
    mask: Option<PathBuf>,
    style_mask: Option<PathBuf>,
}

/// The arguments of all paintings, in order.
#[derive(Debug, Clone, Default)]
pub struct StyleArguments(Vec<Named>);

impl StyleArguments {
    /// Reads paintings and masks with the options of `reading`, with at most `size` pixels on the longer side.
    ///
    /// # Errors
    /// As [`parse`] and [`ReadArguments::read_within`].
    pub fn paintings(&self, reading: &ReadArguments, size: usize) -> Result<Vec<StyleTarget>> {
        let mask = |path: &Option<PathBuf>| path.as_deref().map(|path| reading.read_mask(path, size)).transpose();
        let painting = |named: &Named| {
            let (path, weight) = parse(&named.painting, Path::is_file)?;
            Ok(StyleTarget {
                picture: reading.read_within(&path, size)?.image,
                weight,
                mask: mask(&named.mask)?,
                style_mask: mask(&named.style_mask)?,
            })
        };
        self.0.iter().map(painting).collect()
    }

    /// Returns the paths of all paintings and masks.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for Named { painting, mask, style_mask } in &self.0 {
            files.push(parse(painting, Path::is_file)?.0);
            files.extend(mask.iter().chain(style_mask).cloned());
        }
        Ok(files)
    }
}

impl Args for StyleArguments {
    fn augment_args(command: Command) -> Command {
        let option = |name: &'static str, value: &'static str, help: &'static str| {
            let path = clap::value_parser!(OsString);
            Arg::new(name).long(name).value_name(value).help(help).action(ArgAction::Append).value_parser(path)
        };
        command
            .arg(
                option(
                    STYLE_IMAGE,
                    "PAINTING[:WEIGHT]",
                    "Style painting with an optional weight, default 1; repeat to mix several paintings",
                )
                .required(true),
            )
            .arg(option(
                MASK,
                "PICTURE",
                "Mask of the photo for the preceding `--style-image`: its style applies where the mask is white, and \
                 not where it is black; the mask is stretched to the photo",
            ))
            .arg(option(
                STYLE_MASK,
                "PICTURE",
                "Mask of the preceding `--style-image`: only the white part of the painting defines the style; the \
                 mask is stretched to the painting",
            ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for StyleArguments {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let arguments_of = |name: &'static str| {
            let texts = matches.get_many::<OsString>(name).into_iter().flatten().cloned();
            matches.indices_of(name).into_iter().flatten().zip(texts).map(move |(at, text)| (at, name, text))
        };
        let mut all: Vec<_> = [STYLE_IMAGE, MASK, STYLE_MASK].into_iter().flat_map(arguments_of).collect();
        all.sort();
        let mut named: Vec<Named> = Vec::new();
        for (_, name, text) in all {
            if name == STYLE_IMAGE {
                named.push(Named { painting: text, mask: None, style_mask: None });
                continue;
            }
            let refuse = |problem: String| Err(clap::Error::raw(ErrorKind::ArgumentConflict, problem));
            let Some(last) = named.last_mut() else {
                let text = text.display();
                return refuse(format!("--{name} {text} must come after the --style-image that it applies to\n"));
            };
            let mask = if name == MASK { &mut last.mask } else { &mut last.style_mask };
            if mask.replace(PathBuf::from(&text)).is_some() {
                let painting = last.painting.display();
                return refuse(format!("{painting} has more than one --{name}; give only one\n"));
            }
        }
        Ok(Self(named))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> std::result::Result<StyleArguments, clap::Error> {
        let words = [&["paint"], words].concat();
        StyleArguments::from_arg_matches(
            &StyleArguments::augment_args(Command::new("paint")).try_get_matches_from(words)?,
        )
    }

    #[test]
    fn masks_belong_to_the_painting_before_them() {
        let StyleArguments(named) = parsed(&[
            "--style-image",
            "a:2",
            "--style-mask",
            "part",
            "--style-image",
            "b",
            "--style-image",
            "c",
            "--mask",
            "right",
        ])
        .unwrap();
        let text = |path: &Option<PathBuf>| path.as_ref().map(|p| p.display().to_string()).unwrap_or_default();
        let found: Vec<_> =
            named.iter().map(|n| (n.painting.to_str().unwrap(), text(&n.mask), text(&n.style_mask))).collect();
        let text = str::to_string;
        assert_eq!(found, [("a:2", text(""), text("part")), ("b", text(""), text("")), ("c", text("right"), text(""))]);
    }

    #[test]
    fn masks_of_nothing_and_second_masks_are_refused() {
        for (words, what) in [
            (&["--mask", "m", "--style-image", "a"][..], "--mask m must come after the --style-image"),
            (&["--style-image", "a", "--mask", "m", "--mask", "n"], "a has more than one --mask"),
        ] {
            let refused = parsed(words).unwrap_err().to_string();
            assert!(refused.contains(what), "{refused}");
        }
    }
}
