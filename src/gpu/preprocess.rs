//! Specialization of shaders. A WGSL file is valid by itself; a specialization replaces the values of `const NAME`
//! lines, drops the lines tagged `// when NAME == VALUE` (or `>=`) whose condition does not hold, repeats the lines
//! tagged `// each NAME` NAME times, and, for 16-bit arithmetic, changes the aliases above the bindings to their f16
//! types. The specialized text depends on nothing else, so the text is the key of the pipeline cache.
//!
//! `each` repeats a line that ends in the tag, or the lines from one that is only the tag to `// end NAME`. With N the
//! first letter of the name, copy i has i where the file has 0 in names such as `sum_n0` and in the constant `N0`. The
//! unspecialized file is the case of one copy.

use super::unroll::unroll;

/// Returns the shader `source` with the constants of `values` set, in f16 if `half`.
///
/// # Panics
/// If the shader does not declare a constant, or if a tag cannot be parsed. Both are mistakes in this crate, which the
/// test that validates every specialization finds.
pub fn specialize(source: &str, values: &[(&str, u32)], half: bool) -> String {
    let mut text = String::with_capacity(source.len() * 2);
    if half {
        text.push_str("enable f16;\n");
    }
    let mut constants: Vec<(String, String)> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for line in source.lines() {
        if let Some((name, kind, value)) = declaration(line) {
            let value = values.iter().find(|v| v.0 == name).map_or(value.to_string(), |v| literal(kind, v.1));
            lines.push(format!("const {name}: {kind} = {value};"));
            constants.push((name.to_string(), value));
        } else if half && line.starts_with("alias ") {
            lines.push(line.replace("<f32>", "<f16>"));
        } else {
            lines.push(line.to_string());
        }
    }
    for (name, _) in values {
        assert!(constants.iter().any(|c| c.0 == *name), "the shader declares no constant {name}");
    }
    emit(&lines, &constants, &mut text);
    unroll(&text)
}

/// Appends `lines` to `text`, with their tags applied.
fn emit(lines: &[String], constants: &[(String, String)], text: &mut String) {
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        if let Some(name) = line.trim_start().strip_prefix("// each ") {
            let end = lines[at..].iter().position(|l| l.trim_start().strip_prefix("// end ") == Some(name));
            let Some(end) = end else { panic!("`each {name}` has no end") };
            let block = &lines[at..at + end];
            (0..count(name, constants)).for_each(|i| emit(&copies(block, name, i), constants, text));
            at += end + 1;
        } else if let Some((code, names)) = line.split_once(" // each ") {
            // The first name is the outer loop.
            let (name, inner) = names.split_once(" and ").unwrap_or((names, ""));
            let line = if inner.is_empty() { code.to_string() } else { format!("{code} // each {inner}") };
            (0..count(name, constants))
                .for_each(|i| emit(&copies(std::slice::from_ref(&line), name, i), constants, text));
        } else {
            let (code, condition) = line.split_once(" // when ").unwrap_or((line, ""));
            if condition.is_empty() || condition_holds(condition, constants) {
                text.push_str(code);
                text.push('\n');
            }
        }
    }
}

fn count(name: &str, constants: &[(String, String)]) -> u32 {
    let value = constants.iter().find(|c| c.0 == name).and_then(|c| c.1.trim_end_matches('u').parse().ok());
    value.unwrap_or_else(|| panic!("`each {name}` needs a number"))
}

/// Returns copy `i` of `lines`, which are tagged with `name`.
fn copies(lines: &[String], name: &str, i: u32) -> Vec<String> {
    let constant = format!("{}0", &name[..1]);
    let suffix = format!("_{}", constant.to_lowercase());
    let part = &suffix[1..];
    let rename = |word: &str| match word {
        _ if word == constant => format!("{i}u"),
        _ if word.contains(&suffix) => {
            let parts =
                word.split('_').map(|p| if p == part { part.replace('0', &i.to_string()) } else { p.to_string() });
            parts.collect::<Vec<_>>().join("_")
        }
        _ => word.to_string(),
    };
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    lines
        .iter()
        .map(|line| {
            let mut copy = String::with_capacity(line.len());
            let mut rest = line.as_str();
            while let Some(start) = rest.find(in_word) {
                let end = rest[start..].find(|c| !in_word(c)).map_or(rest.len(), |n| start + n);
                copy.push_str(&rest[..start]);
                copy.push_str(&rename(&rest[start..end]));
                rest = &rest[end..];
            }
            copy + rest
        })
        .collect()
}

/// Returns name, type and value of a `const NAME: TYPE = VALUE;` line whose value is a literal.
fn declaration(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.strip_prefix("const ")?.split_once(": ")?;
    let (kind, rest) = rest.split_once(" = ")?;
    let value = rest.split_once(';')?.0;
    matches!(kind, "u32" | "bool").then_some((name, kind, value)).filter(|d| {
        d.2 == "true" || d.2 == "false" || d.2.strip_suffix('u').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
    })
}

fn literal(kind: &str, value: u32) -> String {
    if kind == "bool" { (value != 0).to_string() } else { format!("{value}u") }
}

fn condition_holds(condition: &str, constants: &[(String, String)]) -> bool {
    let mut words = condition.split_whitespace();
    let (Some(name), Some(operator), Some(wanted)) = (words.next(), words.next(), words.next()) else {
        panic!("the condition `{condition}` is not NAME OPERATOR VALUE");
    };
    let value = constants.iter().find(|c| c.0 == name).and_then(|c| c.1.trim_end_matches('u').parse::<u32>().ok());
    match (value, operator, wanted.parse::<u32>()) {
        (Some(value), "==", Ok(wanted)) => value == wanted,
        (Some(value), ">=", Ok(wanted)) => value >= wanted,
        _ => panic!("the condition `{condition}` cannot be decided"),
    }
}

#[cfg(test)]
mod tests {
    use super::specialize;

    const SHADER: &str = "const A: u32 = 1u; // note\nconst B: bool = true;\nconst C: u32 = A * 2u;\nalias Quad = vec4<f32>;\nlet x = 1; // when A >= 2\nlet y = vec4<f32>(); // when A == 1\n";

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
    }

    #[test]
    fn repeated_lines_and_blocks_are_numbered() {
        let shader = "const ROWS: u32 = 1u;\nconst QUADS: u32 = 1u;\n// each ROWS\nlet y_r0 = R0; // when ROWS >= 2\nlet a_q0 = y_r0 + Q0; // each QUADS\n// end ROWS\nlet s_r0_q0 = 0; // each ROWS and QUADS\n";
        assert_eq!(
            specialize(shader, &[("ROWS", 2), ("QUADS", 2)], false),
            "const ROWS: u32 = 2u;\nconst QUADS: u32 = 2u;\nlet y_r0 = 0u;\nlet a_q0 = y_r0 + 0u;\nlet a_q1 = y_r0 + 1u;\nlet y_r1 = 1u;\nlet a_q0 = y_r1 + 0u;\nlet a_q1 = y_r1 + 1u;\nlet s_r0_q0 = 0;\nlet s_r0_q1 = 0;\nlet s_r1_q0 = 0;\nlet s_r1_q1 = 0;\n"
        );
    }

    #[test]
    #[should_panic(expected = "declares no constant Z")]
    fn unknown_constants_are_mistakes() {
        specialize(SHADER, &[("Z", 2)], false);
    }
}
