//! Loops of shaders written out as text.
//!
//! naga bounds every loop with a counter when a module is created, and Firefox's WebGPU is naga too. Drivers do not
//! unroll such a loop, and an array in registers that it indexes becomes memory: on an NVIDIA H100 the tiled convolution
//! is 12 times as fast with its inner loops written out (`bench/RESULTS-gpu.md`). A loop is written out if the line that
//! begins it ends in the tag `// unroll`:
//!
//! ```wgsl
//! for (var i = 0u; i < RUN; i++) { // unroll
//!     run[i] = patch_[row + i];
//! }
//! ```
//!
//! The bound is an expression of numbers and of constants that are declared before the loop, of the type `u32`.

/// The tag of a loop that is written out.
const TAG: &str = " // unroll";

/// The values of the `u32` constants that are declared so far.
type Constants<'t> = Vec<(&'t str, u32)>;

/// Returns `text` with all tagged loops written out.
///
/// # Panics
/// If a tagged line is not a loop from 0 in steps of 1 with a bound that can be computed, or if the loop has no end.
/// These are mistakes in this crate, which the test that validates every specialization finds.
pub(super) fn unroll(text: String) -> String {
    if !text.contains(TAG) {
        return text;
    }
    let mut constants = Constants::new();
    for line in text.lines() {
        let declared = line.strip_prefix("const ").and_then(|rest| rest.split_once(": u32 = "));
        if let Some((name, rest)) = declared
            && let Some(value) = rest.split(';').next().and_then(|value| evaluate(value, &constants))
        {
            constants.push((name, value));
        }
    }
    let mut out = String::with_capacity(2 * text.len());
    write(&text.lines().collect::<Vec<_>>(), &constants, &mut out);
    out
}

/// Appends `lines` to `out`, with the tagged loops among them written out.
fn write(lines: &[&str], constants: &Constants, out: &mut String) {
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let Some(head) = line.strip_suffix(TAG) else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let (name, count) = header(head, constants).unwrap_or_else(|| panic!("`{line}` cannot be unrolled"));
        let indent = &head[..head.len() - head.trim_start().len()];
        let length = lines[at..].iter().position(|line| line.strip_prefix(indent) == Some("}"));
        let Some(length) = length else { panic!("`{line}` has no end") };
        let body = &lines[at..at + length];
        at += length + 1;
        let declares = body.iter().any(|line| matches!(line.trim_start().get(..4), Some("let " | "var ")));
        for i in 0..count {
            let number = i.to_string() + "u";
            let replace = |word: &str, copy: &mut String| {
                copy.push_str(if word == name && !copy.ends_with('.') { &number } else { word });
            };
            let copy: Vec<String> = body.iter().map(|line| with_words(line, &replace)).collect();
            let copy: Vec<&str> = copy.iter().map(String::as_str).collect();
            if declares {
                out.push_str("{\n");
            }
            write(&copy, constants, out);
            if declares {
                out.push_str("}\n");
            }
        }
    }
}

/// Returns the variable of a loop and the number of its iterations.
fn header<'l>(line: &'l str, constants: &Constants) -> Option<(&'l str, u32)> {
    let (name, rest) = line.trim_start().strip_prefix("for (var ")?.split_once(" = 0u; ")?;
    let bound = rest.strip_prefix(name)?.strip_prefix(" < ")?.strip_suffix(") {")?;
    let bound = bound.strip_suffix("++")?.strip_suffix(name)?.strip_suffix("; ")?;
    Some((name, evaluate(bound, constants)?))
}

/// Returns `line` with what `write` appends for each of its words, which are of letters, digits and `_`.
pub(super) fn with_words(line: &str, write: &dyn Fn(&str, &mut String)) -> String {
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut copy = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(in_word) {
        let end = rest[start..].find(|c| !in_word(c)).map_or(rest.len(), |n| start + n);
        copy.push_str(&rest[..start]);
        write(&rest[start..end], &mut copy);
        rest = &rest[end..];
    }
    copy + rest
}

/// Returns the value of a constant expression of sums, products, quotients and remainders of `u32`, if it is one.
fn evaluate(expression: &str, constants: &Constants) -> Option<u32> {
    let mut rest = expression;
    let value = sum(&mut rest, constants)?;
    rest.trim().is_empty().then_some(value)
}

fn sum(rest: &mut &str, constants: &Constants) -> Option<u32> {
    let mut total = product(rest, constants)?;
    while let Some(operator) = operator(rest, "+-") {
        let term = product(rest, constants)?;
        total = if operator == '+' { total.checked_add(term)? } else { total.checked_sub(term)? };
    }
    Some(total)
}

fn product(rest: &mut &str, constants: &Constants) -> Option<u32> {
    let mut total = factor(rest, constants)?;
    while let Some(operator) = operator(rest, "*/%") {
        let term = factor(rest, constants)?;
        total = match operator {
            '*' => total.checked_mul(term)?,
            '/' => total.checked_div(term)?,
            _ => total.checked_rem(term)?,
        };
    }
    Some(total)
}

/// Removes one of the `operators` from the beginning of `rest`.
fn operator(rest: &mut &str, operators: &str) -> Option<char> {
    let trimmed = rest.trim_start();
    let first = trimmed.chars().next().filter(|c| operators.contains(*c))?;
    *rest = &trimmed[1..];
    Some(first)
}

fn factor(rest: &mut &str, constants: &Constants) -> Option<u32> {
    let trimmed = rest.trim_start();
    if let Some(inner) = trimmed.strip_prefix('(') {
        *rest = inner;
        let value = sum(rest, constants)?;
        *rest = rest.trim_start().strip_prefix(')')?;
        return Some(value);
    }
    let end = trimmed.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(trimmed.len());
    let word = &trimmed[..end];
    *rest = &trimmed[end..];
    let number = || word.strip_suffix('u').unwrap_or(word).parse().ok();
    constants.iter().find(|c| c.0 == word).map(|c| c.1).or_else(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_written_out_from_the_outside_in() {
        let shader = "const A: u32 = 2u;\nconst B: u32 = (A - 1u) * 3u + 8u / 4u % 2u;\n\
                      fn f() {\n    for (var g = 0u; g < A; g++) { // unroll\n        let row = g * x.g;\n        \
                      for (var i = 0u; i < B; i++) { // unroll\n            a[g][i] = row + i_g + i;\n        }\n    }\n}\n";
        let text = "const A: u32 = 2u;\nconst B: u32 = (A - 1u) * 3u + 8u / 4u % 2u;\nfn f() {\n{\n        \
                    let row = 0u * x.g;\n            a[0u][0u] = row + i_g + 0u;\n            \
                    a[0u][1u] = row + i_g + 1u;\n            a[0u][2u] = row + i_g + 2u;\n}\n{\n        \
                    let row = 1u * x.g;\n            a[1u][0u] = row + i_g + 0u;\n            \
                    a[1u][1u] = row + i_g + 1u;\n            a[1u][2u] = row + i_g + 2u;\n}\n}\n";
        assert_eq!(unroll(shader.to_string()), text);
    }

    #[test]
    fn loops_without_a_tag_stay() {
        let shader = "for (var i = 0u; i < n; i++) {\n    x += i;\n}\n";
        assert_eq!(unroll(shader.to_string()), shader);
    }

    #[test]
    #[should_panic(expected = "cannot be unrolled")]
    fn a_bound_that_is_not_constant_is_a_mistake() {
        unroll("for (var i = 0u; i < n; i++) { // unroll\n}\n".to_string());
    }

    #[test]
    #[should_panic(expected = "has no end")]
    fn a_loop_without_an_end_is_a_mistake() {
        unroll("for (var i = 0u; i < 2u; i++) { // unroll\n    x += i;\n".to_string());
    }
}
