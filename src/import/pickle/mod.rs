//! Parser of Python pickles, restricted to the needs of PyTorch weight files: tables of tensors, and no code execution.
//!
//! Opcodes are those of CPython's `Lib/pickletools.py`. Only four callables are allowed; all others are rejected.
//! Limits apply to everything that a few bytes of a file can make large: the number of opcodes, the axes of tensors,
//! and the strings that are copied.

mod value;

pub use value::{Storage, Stored, Value};

use std::collections::BTreeMap;
use std::rc::Rc;

use self::value::{Kind, LONGEST_NAME, Many, Result, call, deeper, storage};

/// Limit of opcodes. Each may create a value, so that a few bytes of a file become up to a hundred in memory. Large
/// checkpoints have some ten thousand.
const MOST_OPCODES: usize = 1_000_000;
/// Parses one pickle from the front of `bytes`. Returns its value and the remaining bytes.
///
/// # Errors
/// A description of the problem, phrased as the end of a sentence about the file.
pub fn read(bytes: &[u8]) -> Result<(Value, &[u8])> {
    let mut reader = Reader { rest: bytes, stack: Vec::new(), marks: Vec::new(), memo: BTreeMap::new() };
    for _ in 0..MOST_OPCODES {
        if let Some(value) = reader.step()? {
            return Ok((value, reader.rest));
        }
    }
    Err("has a table of contents that is too long for a weight file: save only the model's `state_dict()`".to_string())
}

struct Reader<'a> {
    rest: &'a [u8],
    stack: Vec<Value>,
    /// Stack heights at which open containers begin.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value>,
}

impl<'a> Reader<'a> {
    /// Runs one opcode. Returns the pickle's value after the last one.
    fn step(&mut self) -> Result<Option<Value>> {
        let opcode = self.byte()?;
        match opcode {
            b'.' => return self.pop().map(Some),
            // Protocol version and frame lengths are skipped.
            0x80 => drop(self.byte()?),
            0x95 => drop(self.take(8)?),
            b'N' => self.stack.push(Value::None),
            0x88 => self.stack.push(Value::Bool(true)),
            0x89 => self.stack.push(Value::Bool(false)),
            b'K' => {
                let value = self.byte()?;
                self.stack.push(Value::Int(value.into()));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.stack.push(Value::Int(value.into()));
            }
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.stack.push(Value::Int(value.into()));
            }
            0x8a => self.long()?,
            b'G' => {
                let value = f64::from_be_bytes(self.array()?);
                self.stack.push(Value::Float(value));
            }
            b'U' | 0x8c => {
                let length = self.byte()?.into();
                self.text(length)?;
            }
            b'T' | b'X' => {
                let length = u32::from_le_bytes(self.array()?) as usize;
                self.text(length)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(module, name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Text(module), Value::Text(name)) = (module, name) else {
                    return Err("names a class by a value that is not a text".to_string());
                };
                self.global(&module, &name)?;
            }
            b'(' => self.marks.push(self.stack.len()),
            b')' => self.push_many(Kind::Tuple, Vec::new())?,
            b']' => self.push_many(Kind::List, Vec::new())?,
            b'}' => self.push_many(Kind::Table, Vec::new())?,
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let items = self.top(count)?;
                self.push_many(Kind::Tuple, items)?;
            }
            b't' => {
                let items = self.above_mark()?;
                self.push_many(Kind::Tuple, items)?;
            }
            b'a' => {
                let items = self.top(1)?;
                self.extend(Kind::List, items)?;
            }
            b'e' => {
                let items = self.above_mark()?;
                self.extend(Kind::List, items)?;
            }
            b's' => {
                let items = self.top(2)?;
                self.extend(Kind::Table, items)?;
            }
            b'u' => {
                let items = self.above_mark()?;
                self.extend(Kind::Table, items)?;
            }
            b'q' | b'r' | 0x94 => self.memoize(opcode)?,
            b'h' | b'j' => {
                let number = if opcode == b'h' { self.byte()?.into() } else { u32::from_le_bytes(self.array()?) };
                let value = self.memo.get(&number).cloned();
                self.stack.push(value.ok_or("refers to a value that does not exist")?);
            }
            b'Q' => {
                let id = self.pop()?;
                self.stack.push(storage(&id)?);
            }
            b'R' => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                let value = call(&callable, &arguments)?;
                self.stack.push(value);
            }
            // State set on a table besides its contents, such as the versions of its modules, is ignored.
            b'b' => {
                self.pop()?;
                if self.stack.last().and_then(Value::table).is_none() {
                    return Err("sets attributes of a value that is not a table".to_string());
                }
            }
            other => {
                return Err(format!("uses opcode {other:#04x} of Python's pickles, which weight files do not need"));
            }
        }
        Ok(None)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("is truncated")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or("is truncated")?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn line(&mut self) -> Result<&'a str> {
        let end = self.rest.iter().position(|b| *b == b'\n').ok_or("is truncated")?;
        let line = self.take(end + 1)?;
        std::str::from_utf8(&line[..end]).map_err(|_| "has a name that is not UTF-8".to_string())
    }

    fn global(&mut self, module: &str, name: &str) -> Result<()> {
        if module.len().max(name.len()) > LONGEST_NAME {
            return Err("names a class by a text that is too long".to_string());
        }
        self.stack.push(Value::Global(format!("{module}.{name}").into()));
        Ok(())
    }

    fn text(&mut self, length: usize) -> Result<()> {
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| "has a text that is not UTF-8")?;
        self.stack.push(Value::Text(text.into()));
        Ok(())
    }

    /// Parses an integer of any length. Integers above 64 bits only identify versions, so their value does not
    /// matter.
    fn long(&mut self) -> Result<()> {
        let length = self.byte()?.into();
        let bytes = self.take(length)?;
        let fill = if bytes.last().is_some_and(|b| *b >= 0x80) { 0xff } else { 0 };
        let mut whole = [fill; 8];
        for (to, from) in whole.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.stack.push(if length <= 8 { Value::Int(i64::from_le_bytes(whole)) } else { Value::None });
        Ok(())
    }

    fn pop(&mut self) -> Result<Value> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err("takes a value from an empty stack".to_string());
        }
        self.stack.pop().ok_or_else(|| "takes a value from an empty stack".to_string())
    }

    fn top(&mut self, count: usize) -> Result<Vec<Value>> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        items.reverse();
        Ok(items)
    }

    fn above_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.marks.pop().ok_or("ends a container that it did not start")?;
        Ok(self.stack.split_off(mark))
    }

    fn push_many(&mut self, kind: Kind, items: Vec<Value>) -> Result<()> {
        let depth = deeper(0, &items)?;
        self.stack.push(Value::Many(Many { kind, items: Rc::new(items), depth }));
        Ok(())
    }

    /// Appends to the list or table on top of the stack.
    fn extend(&mut self, expected: Kind, more: Vec<Value>) -> Result<()> {
        match self.stack.last_mut() {
            Some(Value::Many(Many { kind, items, depth })) if *kind == expected => {
                *depth = deeper(*depth, &more)?;
                Rc::make_mut(items).extend(more);
                Ok(())
            }
            _ => Err("appends to a value that is not a list or table".to_string()),
        }
    }

    /// Stores the value on top of the stack in the memo. Lists and tables are not stored, since they are filled
    /// afterwards. A file that refers back to one is rejected at that reference.
    fn memoize(&mut self, opcode: u8) -> Result<()> {
        let number = match opcode {
            b'q' => self.byte()?.into(),
            b'r' => u32::from_le_bytes(self.array()?),
            // Entries of this opcode are numbered in order.
            _ => self.memo.len() as u32,
        };
        let value = match self.stack.last().ok_or("stores a value of an empty stack")? {
            Value::Many(Many { kind: Kind::List | Kind::Table, .. }) => Value::Global("a list or table".into()),
            other => other.clone(),
        };
        self.memo.insert(number, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::value::MOST_AXES;
    use super::*;

    fn problem(bytes: &[u8]) -> String {
        read(bytes).unwrap_err()
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let (value, rest) = read(b"\x80\x02}q\x00(X\x01\x00\x00\x00aK\x05X\x01\x00\x00\x00b(J\xfe\xff\xff\xffM\x00\x01\x88Nt\x8c\x01c]\x8a\x01\x80au.more").unwrap();
        let table: Vec<_> = value.table().unwrap().collect();
        assert_eq!((table.len(), rest), (3, &b"more"[..]));
        assert_eq!(table[0], (&Value::Text("a".into()), &Value::Int(5)));
        let inner = [Value::Int(-2), Value::Int(256), Value::Bool(true), Value::None];
        assert_eq!(table[1].1.items().unwrap(), inner);
        assert_eq!(table[2].1.items().unwrap(), [Value::Int(-128)]);
    }

    #[test]
    fn what_would_run_is_refused_by_name() {
        let message = problem(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.");
        assert!(message.contains("`os.system`"), "{message}");
        let message = problem(b"\x80\x04\x8c\x05posix\x8c\x06system\x93)R.");
        assert!(message.contains("`posix.system`"), "{message}");
    }

    #[test]
    fn few_bytes_do_not_become_many() {
        let endless = b"N".repeat(MOST_OPCODES + 1);
        assert!(problem(&endless).contains("table of contents"));
        // A string of 300 bytes used as a class name twice for every three bytes of the file.
        let text = [&b"X\x2c\x01\x00\x00"[..], &[b'a'; 300], b"q\x00"].concat();
        assert!(problem(&[&text[..], b"h\x00h\x00\x93."].concat()).contains("too long"));
        let storage = |key: &str| {
            let length = (key.len() as u32).to_le_bytes();
            let key = [&b"X"[..], &length, key.as_bytes()].concat();
            [&b"(\x8c\x07storagectorch\nFloatStorage\n"[..], &key, b"\x8c\x03cpuK\x01tQ"].concat()
        };
        assert!(problem(&[storage(&"k".repeat(300)), b".".to_vec()].concat()).contains("too long"));
        let tensor = |axes: usize| {
            let sides = [&b"("[..], &b"K\x01".repeat(axes), b"t"].concat();
            let call = b"ctorch._utils\n_rebuild_tensor_v2\n(";
            [&call[..], &storage("0"), b"K\x00", &sides, &sides, b"tR."].concat()
        };
        assert!(read(&tensor(MOST_AXES)).is_ok());
        assert!(problem(&tensor(MOST_AXES + 1)).contains("more than 8 axes"));
    }

    #[test]
    fn damage_is_refused() {
        let deep = [&[b']'; 1][..], &[b'\x85'; 40], b"."].concat();
        for (bytes, what) in [
            (&b""[..], "truncated"),
            (b"X\xff\xff\xff\xffa", "truncated"),
            (b"K", "truncated"),
            (b"h\x01.", "does not exist"),
            (b"t.", "did not start"),
            (b".", "empty stack"),
            (b"(K\x01(s.", "empty stack"),
            (b"K\x01K\x01K\x01s.", "list or table"),
            (b"}q\x00h\x00K\x01K\x02s.", "list or table"),
            (b"K\x01Q.", "storage"),
            (b"i", "opcode 0x69"),
            (&deep[..], "too deeply"),
        ] {
            let message = problem(bytes);
            assert!(message.contains(what), "{bytes:?}: {message}");
        }
    }
}
