//! Specialization of shaders: turns a file of `shaders/` into the WGSL of one kernel. The result depends only on the
//! file, the values of its constants and the width of its numbers, so the result is the key of the pipeline cache.
//!
//! A file is WGSL with directives:
//!
//! | directive | meaning |
//! |---|---|
//! | `#import NAME` | replaced by `shaders/shared/NAME.wgsl`, which may import too; a file is pasted once |
//! | `const NAME: u32 = 8u;` | the value, a literal of type `u32` or `bool`, may be replaced by the caller |
//! | `alias NAME = vec4<f32>;` | the type has f16 instead, for 16-bit arithmetic |
//! | `CODE // when NAME == 2` | the line is dropped unless the constant has the value; `>=`: or a greater one |
//! | `// when NAME == 2` ... `// end when` | the same for all lines between |
//! | `CODE // each NAME as q` | the line is repeated NAME times; NAME is a constant or a number |
//! | `// each NAME as q` ... `// end each` | the same for all lines between |
//! | `for (var i = 0u; i < N; i++) { // unroll` | the loop is written out (`unroll.rs`) |
//!
//! Directives that begin a line of their own open blocks, which may be nested. In a line with both, `when` is before
//! `each`. `#import`, `const` and `alias` stand at the beginning of a line. The constants of a file and of its imports
//! are one set, in which a name is declared once.
//!
//! `as q` names the suffix that numbers the copies: copy 2 of a line has `sum_q2` where the file has `sum_q0`, and `2u`
//! where the file has `Q0`. `// each ROWS as r and QUADS as q` is a nested loop, whose outer loop is ROWS.

use super::shaders::SHARED;
use super::unroll::{unroll, with_words};

/// Name and value of each constant that a specialization may replace. A `bool` is 0 or 1.
type Constants<'s> = Vec<(&'s str, u32)>;

/// Returns the shader `source` with its imports, with the constants of `values` set, in f16 if `half`.
///
/// # Panics
/// If the shader declares a constant of `values` not at all, or any constant twice, or if a directive cannot be
/// followed. All are mistakes in this crate, which the test that validates every specialization finds.
pub fn specialize(source: &str, values: &[(&str, u32)], half: bool) -> String {
    specialize_with(SHARED, source, values, half)
}

fn specialize_with(shared: &[(&str, &str)], source: &str, values: &[(&str, u32)], half: bool) -> String {
    let mut pasted = Vec::new();
    paste(shared, source, &mut Vec::new(), &mut pasted);
    let mut constants = Constants::new();
    let mut lines: Vec<String> = Vec::with_capacity(pasted.len());
    for line in pasted {
        if let Some(Declaration { name, kind, value, rest }) = declaration(line) {
            assert!(constants.iter().all(|c| c.0 != name), "the shader declares the constant {name} twice");
            let value = values.iter().find(|v| v.0 == name).map_or(value, |v| v.1);
            let literal = if kind == "bool" { (value != 0).to_string() } else { format!("{value}u") };
            lines.push(format!("const {name}: {kind} = {literal};{rest}"));
            constants.push((name, value));
        } else if half && line.starts_with("alias ") {
            lines.push(line.replace("<f32>", "<f16>"));
        } else {
            lines.push(line.to_string());
        }
    }
    for (name, _) in values {
        assert!(constants.iter().any(|c| c.0 == *name), "the shader declares no constant {name}");
    }
    let mut text = String::with_capacity(source.len() * 2);
    if half {
        text.push_str("enable f16;\n");
    }
    emit(&lines, &constants, &mut text);
    unroll(text)
}

/// Appends the lines of `source` to `lines`, with its imports in place of their directives. `imported` are the names of
/// the files that have been pasted.
fn paste<'s>(shared: &[(&'s str, &'s str)], source: &'s str, imported: &mut Vec<&'s str>, lines: &mut Vec<&'s str>) {
    for line in source.lines() {
        let Some(name) = line.strip_prefix("#import ") else {
            lines.push(line);
            continue;
        };
        let Some((_, file)) = shared.iter().find(|file| file.0 == name) else {
            panic!("`#import {name}` names no file of shaders/shared that the table of shared shaders has");
        };
        if !imported.contains(&name) {
            imported.push(name);
            paste(shared, file, imported, lines);
        }
    }
}

/// Appends `lines` to `text`, with `when` and `each` applied.
fn emit(lines: &[String], constants: &Constants, text: &mut String) {
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let comment = line.trim_start();
        if let Some(loops) = comment.strip_prefix("// each ") {
            let inside = block(comment, &lines[at..]);
            repeat(inside, loops, constants, text);
            at += inside.len() + 1;
        } else if let Some(condition) = comment.strip_prefix("// when ") {
            let inside = block(comment, &lines[at..]);
            if holds(condition, constants) {
                emit(inside, constants, text);
            }
            at += inside.len() + 1;
        } else if let Some(kind) = end(comment) {
            panic!("`// end {kind}` ends no block");
        } else if let Some((code, loops)) = line.split_once(" // each ") {
            repeat(&[code.to_string()], loops, constants, text);
        } else {
            let (code, condition) = line.split_once(" // when ").map_or((&line[..], None), |(c, when)| (c, Some(when)));
            if condition.is_none_or(|condition| holds(condition, constants)) {
                text.push_str(code);
                text.push('\n');
            }
        }
    }
}

/// Returns the lines of the block that `opening` opens; `lines` follow it.
fn block<'l>(opening: &str, lines: &'l [String]) -> &'l [String] {
    let kind = |comment: &str| ["each", "when"].into_iter().find(|kind| comment.starts_with(&format!("// {kind} ")));
    let mut open = vec![kind(opening)];
    for (i, line) in lines.iter().enumerate() {
        let comment = line.trim_start();
        if kind(comment).is_some() {
            open.push(kind(comment));
        } else if let Some(ended) = end(comment) {
            assert!(open.pop() == Some(Some(ended)), "`// end {ended}` ends another block after `{opening}`");
            if open.is_empty() {
                return &lines[..i];
            }
        }
    }
    panic!("the block `{opening}` has no end");
}

/// Returns the kind of block that the line ends, if it ends one.
fn end(comment: &str) -> Option<&str> {
    comment.strip_prefix("// end ").filter(|kind| ["each", "when"].contains(kind))
}

/// Emits `lines` repeatedly. `loops` is a list such as `ROWS as r and QUADS as q`, the outer loop first.
fn repeat(lines: &[String], loops: &str, constants: &Constants, text: &mut String) {
    let (outer, inner) = loops.split_once(" and ").map_or((loops, None), |(outer, inner)| (outer, Some(inner)));
    let Some((count, suffix)) = outer.split_once(" as ") else {
        panic!("`each {outer}` names no suffix: it must be `each COUNT as suffix`");
    };
    let count = count.parse().unwrap_or_else(|_| value(count, &format!("each {outer}"), constants));
    for i in 0..count {
        let copy = copy(lines, suffix, i);
        match inner {
            Some(inner) => repeat(&copy, inner, constants, text),
            None => emit(&copy, constants, text),
        }
    }
}

/// Returns copy `i` of `lines`, whose numbered names have `suffix`.
fn copy(lines: &[String], suffix: &str, i: u32) -> Vec<String> {
    let constant = format!("{}0", suffix.to_uppercase());
    let part = format!("{suffix}0");
    let number = i.to_string();
    let rename = |word: &str, copy: &mut String| {
        if word == constant {
            copy.push_str(&number);
            copy.push('u');
            return;
        }
        for (at, name) in word.split('_').enumerate() {
            if at > 0 {
                copy.push('_');
            }
            if at > 0 && name == part {
                copy.push_str(suffix);
                copy.push_str(&number);
            } else {
                copy.push_str(name);
            }
        }
    };
    lines.iter().map(|line| with_words(line, &rename)).collect()
}

/// A `const NAME: KIND = VALUE;REST` line whose value is a literal.
struct Declaration<'l> {
    name: &'l str,
    kind: &'l str,
    value: u32,
    rest: &'l str,
}

fn declaration(line: &str) -> Option<Declaration<'_>> {
    let (name, rest) = line.strip_prefix("const ")?.split_once(": ")?;
    let (kind, rest) = rest.split_once(" = ")?;
    let (literal, rest) = rest.split_once(';')?;
    let value = match (kind, literal) {
        ("bool", "false") => 0,
        ("bool", "true") => 1,
        ("u32", number) => number.strip_suffix('u')?.parse().ok()?,
        _ => return None,
    };
    Some(Declaration { name, kind, value, rest })
}

/// Returns the value of the constant `name`, which `directive` reads.
fn value(name: &str, directive: &str, constants: &Constants) -> u32 {
    let found = constants.iter().find(|c| c.0 == name);
    found.unwrap_or_else(|| panic!("the shader declares no constant {name}, which `{directive}` names")).1
}

/// Whether `condition`, such as `STRIDE == 2`, holds.
fn holds(condition: &str, constants: &Constants) -> bool {
    let words: Vec<&str> = condition.split_whitespace().collect();
    let [name, operator, operand] = words[..] else {
        panic!("the condition `when {condition}` is not NAME OPERATOR VALUE");
    };
    let value = value(name, &format!("when {condition}"), constants);
    match (operator, operand.parse::<u32>()) {
        ("==", Ok(operand)) => value == operand,
        (">=", Ok(operand)) => value >= operand,
        _ => panic!("the condition `when {condition}` has no operator `==` or `>=` before a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::{specialize, specialize_with};

    const SHADER: &str = "const A: u32 = 1u;\nconst B: bool = true;\nconst C: u32 = A * 2u;\nalias Quad = vec4<f32>;\nlet x = 1; // when A >= 2\nlet y = vec4<f32>(); // when A == 1\n";

    const SHARED: [(&str, &str); 3] = [
        ("border", "const BORDER: u32 = 0u; // 0: reflect\n"),
        ("run", "#import border\nconst ROWS: u32 = 1u;\nfn run() {} // when BORDER == 1\nalias Run = vec2<f32>;\n"),
        ("again", "const BORDER: u32 = 0u;\n"),
    ];

    #[test]
    fn constants_conditions_and_types_are_set() {
        assert_eq!(
            specialize(SHADER, &[("A", 2), ("B", 0)], true),
            "enable f16;\nconst A: u32 = 2u;\nconst B: bool = false;\nconst C: u32 = A * 2u;\nalias Quad = vec4<f16>;\nlet x = 1;\n"
        );
        assert_eq!(
            specialize(SHADER, &[], false),
            "const A: u32 = 1u;\nconst B: bool = true;\nconst C: u32 = A * 2u;\nalias Quad = vec4<f32>;\nlet y = vec4<f32>();\n"
        );
        assert_eq!(
            specialize("const A: bool = true; // when A == 1\nconst B = 1;\n", &[("A", 0)], false),
            "const B = 1;\n"
        );
    }

    #[test]
    fn repeated_lines_and_blocks_are_numbered() {
        let shader = "const ROWS: u32 = 1u;\nconst QUADS: u32 = 1u;\n// each ROWS as r\nlet y_r0 = R0; // when ROWS >= 2\nlet a_q0 = y_r0 + Q0; // each QUADS as q\n// end each\nlet s_r0_q0 = 0; // each ROWS as r and QUADS as q\n";
        assert_eq!(
            specialize(shader, &[("ROWS", 2), ("QUADS", 2)], false),
            "const ROWS: u32 = 2u;\nconst QUADS: u32 = 2u;\nlet y_r0 = 0u;\nlet a_q0 = y_r0 + 0u;\nlet a_q1 = y_r0 + 1u;\nlet y_r1 = 1u;\nlet a_q0 = y_r1 + 0u;\nlet a_q1 = y_r1 + 1u;\nlet s_r0_q0 = 0;\nlet s_r0_q1 = 0;\nlet s_r1_q0 = 0;\nlet s_r1_q1 = 0;\n"
        );
        // The suffix is independent of the count's name, and the count may be a number.
        assert_eq!(
            specialize("f(x_tap0, x_t0, TAP0); // each 2 as tap\n", &[], false),
            "f(x_tap0, x_t0, 0u);\nf(x_tap1, x_t0, 1u);\n"
        );
        assert_eq!(specialize("x // each 0 as q\n", &[], false), "");
    }

    #[test]
    fn blocks_of_conditions_are_nested() {
        let shader = "const A: u32 = 0u;\nconst N: u32 = 1u;\nfirst\n  // when A >= 1\n  some\n  // when A == 2\n  two\n  // each N as i\n  x_i0\n  // end each\n  // end when\n  more // when A == 1\n  // end when\nlast\n";
        let tail = |a, n| {
            let text = specialize(shader, &[("A", a), ("N", n)], false);
            text.lines().skip(2).map(str::trim).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(tail(0, 1), "first last");
        assert_eq!(tail(1, 1), "first some more last");
        assert_eq!(tail(2, 2), "first some two x_i0 x_i1 last");
        assert_eq!(tail(2, 0), "first some two last");
    }

    #[test]
    fn imports_are_pasted_once_with_their_constants() {
        let shader = "#import run\n#import border\nlet r_r0 = 1; // each ROWS as r\n";
        assert_eq!(
            specialize_with(&SHARED, shader, &[("BORDER", 1), ("ROWS", 2)], true),
            "enable f16;\nconst BORDER: u32 = 1u; // 0: reflect\nconst ROWS: u32 = 2u;\nfn run() {}\nalias Run = vec2<f16>;\nlet r_r0 = 1;\nlet r_r1 = 1;\n"
        );
    }

    #[test]
    fn prose_that_only_resembles_a_directive_stays() {
        let shader = "// When A == 1, nothing happens.\n// end of the story\n";
        assert_eq!(specialize(shader, &[], false), shader);
    }

    #[test]
    #[should_panic(expected = "the shader declares no constant Z")]
    fn unknown_constants_are_mistakes() {
        specialize(SHADER, &[("Z", 2)], false);
    }

    #[test]
    #[should_panic(expected = "the shader declares the constant BORDER twice")]
    fn constants_that_two_files_declare_are_mistakes() {
        specialize_with(&SHARED, "#import run\n#import again\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "`#import sky` names no file of shaders/shared")]
    fn unknown_imports_are_mistakes() {
        specialize("#import sky\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "the shader declares no constant Z, which `when Z == 1` names")]
    fn conditions_on_unknown_constants_are_mistakes() {
        specialize("// when Z == 1\nlet x = 1;\n// end when\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "the condition `when A is one` has no operator")]
    fn conditions_without_an_operator_are_mistakes() {
        specialize("const A: u32 = 1u;\nx // when A is one\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "the condition `when needed` is not NAME OPERATOR VALUE")]
    fn conditions_of_one_word_are_mistakes() {
        specialize("x // when needed\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "the block `// when A == 1` has no end")]
    fn blocks_without_an_end_are_mistakes() {
        specialize("const A: u32 = 1u;\n// when A == 1\n// each 2 as i\nx\n// end each\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "`// end each` ends no block")]
    fn ends_without_a_block_are_mistakes() {
        specialize("x\n// end each\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "`// end when` ends another block after `// when A == 1`")]
    fn blocks_that_overlap_are_mistakes() {
        specialize("const A: u32 = 1u;\n// when A == 1\n// each 2 as i\n// end when\n// end each\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "`each 2` names no suffix")]
    fn loops_without_a_suffix_are_mistakes() {
        specialize("x // each 2\n", &[], false);
    }

    #[test]
    #[should_panic(expected = "the shader declares no constant ROWS, which `each ROWS as r` names")]
    fn loops_over_unknown_constants_are_mistakes() {
        specialize("x // each ROWS as r\n", &[], false);
    }
}
