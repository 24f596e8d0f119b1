//! Limits on what a file makes the protobuf reader allocate, checked beforehand: an empty message takes two bytes of
//! the file, but hundreds of bytes in memory.

/// Limit of messages and strings in a file. Networks of the known kinds have a few thousand.
const MOST_ENTRIES: usize = 100_000;
/// Limit of integers, which take few bytes in the file and eight in memory.
const MOST_INTEGERS: usize = 8 << 20;

enum Field {
    Message(Schema),
    Text,
    Integers,
}

type Schema = &'static [(u64, Field)];

use Field::{Integers, Message, Text};

const ENTRY: Schema = &[(1, Text), (2, Text)];
const TENSOR: Schema =
    &[(1, Integers), (4, Integers), (5, Integers), (7, Integers), (10, Integers), (11, Integers), (13, Message(ENTRY))];
const ATTRIBUTE: Schema = &[(5, Message(TENSOR)), (7, Integers), (8, Integers)];
const NODE: Schema = &[(1, Text), (2, Text), (5, Message(ATTRIBUTE))];
const SHAPE: Schema = &[(1, Message(&[]))];
const VALUE: Schema = &[(2, Message(&[(1, Message(&[(2, Message(SHAPE))]))]))];
const GRAPH: Schema = &[(1, Message(NODE)), (5, Message(TENSOR)), (11, Message(VALUE)), (12, Message(VALUE))];
const MODEL: Schema = &[(7, Message(GRAPH))];

/// Checks the bytes of a model.
///
/// # Errors
/// When the file has too many parts, phrased as the end of a sentence. Damaged files are not reported here, since the
/// protobuf reader rejects them.
pub(super) fn check_model(bytes: &[u8]) -> Result<(), String> {
    check(bytes, MODEL)
}

/// Checks the bytes of a single tensor.
///
/// # Errors
/// As [`check_model`].
pub(super) fn check_tensor(bytes: &[u8]) -> Result<(), String> {
    check(bytes, TENSOR)
}

fn check(bytes: &[u8], schema: Schema) -> Result<(), String> {
    let mut count = Count::default();
    count.message(bytes, schema);
    if count.entries > MOST_ENTRIES || count.integers > MOST_INTEGERS {
        return Err("has too many nodes and attributes for a network of a supported kind".to_string());
    }
    Ok(())
}

#[derive(Default)]
struct Count {
    entries: usize,
    integers: usize,
}

impl Count {
    /// Counts the fields of one message. Stops at damage and at the limits.
    fn message(&mut self, mut rest: &[u8], schema: Schema) {
        while self.entries <= MOST_ENTRIES
            && let Some((number, value)) = field(&mut rest)
        {
            let kind = schema.iter().find(|(known, _)| *known == number).map(|(_, kind)| kind);
            match (kind, value) {
                (Some(Message(inner)), Some(bytes)) => {
                    self.entries += 1;
                    self.message(bytes, inner);
                }
                (Some(Text), Some(_)) => self.entries += 1,
                (Some(Integers), Some(packed)) => self.integers += packed.len(),
                (Some(Integers), None) => self.integers += 1,
                _ => {}
            }
        }
    }
}

/// Returns the next field of a message: its number, and its bytes if it is length-delimited.
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Option<&'a [u8]>)> {
    let key = varint(rest)?;
    let length = match key & 7 {
        0 => {
            varint(rest)?;
            return Some((key >> 3, None));
        }
        1 => 8,
        5 => 4,
        2 => usize::try_from(varint(rest)?).ok()?,
        _ => return None,
    };
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some((key >> 3, (key & 7 == 2).then_some(bytes)))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a message with number `number` and these contents.
    fn wrapped(number: u8, contents: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut length = contents.len();
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        [out, contents.to_vec()].concat()
    }

    #[test]
    fn small_files_with_millions_of_parts_are_refused() {
        let nodes = |count: usize| wrapped(7, &wrapped(1, &[]).repeat(count));
        assert!(check_model(&nodes(MOST_ENTRIES - 1)).is_ok());
        assert!(check_model(&nodes(MOST_ENTRIES)).unwrap_err().contains("too many nodes"));
        // Tensors nested in attributes, and the names of a node's inputs.
        let attributes = wrapped(7, &wrapped(1, &wrapped(5, &wrapped(5, &[])).repeat(MOST_ENTRIES / 2)));
        let names = wrapped(7, &wrapped(1, &wrapped(1, &[]).repeat(MOST_ENTRIES)));
        assert!(check_model(&attributes).is_err() && check_model(&names).is_err());
        let integers = |count: usize| wrapped(7, &wrapped(5, &wrapped(7, &vec![1; count])));
        assert!(check_model(&integers(MOST_INTEGERS)).is_ok());
        assert!(check_model(&integers(MOST_INTEGERS + 1)).is_err());
        assert!(check_tensor(&wrapped(5, &vec![1; MOST_INTEGERS + 1])).is_err());
        // Values in fixed width take no more memory than file space.
        assert!(check_model(&wrapped(7, &wrapped(5, &wrapped(9, &vec![1; MOST_INTEGERS + 1])))).is_ok());
    }

    #[test]
    fn damage_is_left_to_the_reader() {
        for bytes in [&b""[..], b"hello", &[0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], &[0xff; 40], &[0x3a, 2, 0x0a, 9]] {
            assert!(check_model(bytes).is_ok(), "{bytes:?}");
        }
    }
}
