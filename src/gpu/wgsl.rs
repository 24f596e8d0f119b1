//! Specialization of shaders. A WGSL file is valid by itself; a specialization replaces the values of `const NAME` lines,
//! drops the lines tagged `// when NAME == VALUE` (or `>=`) whose condition does not hold, and, for 16-bit arithmetic,
//! turns the aliases above the bindings into their f16 types. Text in, text out: what the text depends on is in the text, so
//! the text itself is the key of the pipeline cache.

/// The shader `source` with the constants of `values` set, in f16 if `half`.
///
/// # Panics
/// When a constant is not declared by the shader or a condition cannot be read: a mistake in this crate, found by the
/// test that validates every specialization.
pub fn specialize(source: &str, values: &[(&str, u32)], half: bool) -> String {
    let mut text = String::with_capacity(source.len() + 16);
    if half {
        text.push_str("enable f16;\n");
    }
    let mut constants: Vec<(String, String)> = Vec::new();
    for line in source.lines() {
        if let Some((name, kind, value)) = declaration(line) {
            let value = values.iter().find(|v| v.0 == name).map_or(value.to_string(), |v| literal(kind, v.1));
            text.push_str(&format!("const {name}: {kind} = {value};\n"));
            constants.push((name.to_string(), value));
            continue;
        }
        let (code, holds) = match line.split_once(" // when ") {
            Some((code, condition)) => (code, condition_holds(condition, &constants)),
            None => (line, true),
        };
        if !holds {
            continue;
        }
        if half && code.starts_with("alias ") {
            text.push_str(&code.replace("<f32>", "<f16>"));
        } else {
            text.push_str(code);
        }
        text.push('\n');
    }
    for (name, _) in values {
        assert!(constants.iter().any(|c| c.0 == *name), "the shader declares no constant {name}");
    }
    text
}

/// Name, type and value of a `const NAME: TYPE = VALUE;` line whose value is a literal.
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
    #[should_panic(expected = "declares no constant Z")]
    fn unknown_constants_are_mistakes() {
        specialize(SHADER, &[("Z", 2)], false);
    }
}
