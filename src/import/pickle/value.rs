//! Values of pickles, and what the functions that pickles may call make of them.

use std::rc::Rc;

use crate::weights::foreign::quoted;

/// Containers within containers; weights need four.
const DEEPEST: u8 = 32;
/// Axes of a tensor.
pub const MOST_AXES: usize = 8;
/// Bytes of the name of a class, a storage or a place.
pub const LONGEST_NAME: usize = 256;

/// A value on the pickle's stack.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    /// A class or function, by module and name.
    Global(Rc<str>),
    Tensor(Rc<Stored>),
    Storage(Rc<Storage>),
    Many(Many),
}

/// A tuple, list or table (keys and values in turn).
#[derive(Debug, Clone, PartialEq)]
pub struct Many {
    pub kind: Kind,
    pub items: Rc<Vec<Value>>,
    /// Levels of containers, this one included.
    pub depth: u8,
}

/// Kinds of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tuple,
    List,
    Table,
}

/// Numbers that lie elsewhere in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    pub key: Rc<str>,
    /// As Python knows it, such as `torch.FloatStorage`.
    pub class: Rc<str>,
    /// How many.
    pub count: usize,
}

/// A tensor: a part of a storage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub storage: Rc<Storage>,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

/// A value, or what is wrong, as the end of a sentence about the file.
pub type Result<T> = std::result::Result<T, String>;

impl Value {
    /// Keys and values, if it is a table.
    pub fn table(&self) -> Option<impl Iterator<Item = (&Value, &Value)>> {
        match self {
            Self::Many(Many { kind: Kind::Table, items, .. }) => {
                Some(items.chunks_exact(2).map(|pair| (&pair[0], &pair[1])))
            }
            _ => None,
        }
    }

    /// The items, if it is a tuple or list.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Self::Many(Many { kind: Kind::Tuple | Kind::List, items, .. }) => Some(items),
            _ => None,
        }
    }

    /// The number, if it is one from 0 up.
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Int(value) => usize::try_from(*value).ok(),
            _ => None,
        }
    }

    fn depth(&self) -> u8 {
        match self {
            Self::Many(many) => many.depth,
            _ => 0,
        }
    }
}

/// The depth of a container of at least `depth` with `items`.
pub fn deeper(depth: u8, items: &[Value]) -> Result<u8> {
    let deepest = items.iter().map(|item| item.depth() + 1).max().unwrap_or(1).max(depth);
    if deepest > DEEPEST {
        return Err("has containers too deep in each other".to_string());
    }
    Ok(deepest)
}

/// What a persistent id stands for: `("storage", class, key, place, count, ...)`.
pub fn storage(id: &Value) -> Result<Value> {
    match id.items() {
        Some([Value::Text(what), Value::Global(class), Value::Text(key), _, count, ..]) if &**what == "storage" => {
            let count = count.count().ok_or("has a storage of no length")?;
            if key.len() > LONGEST_NAME {
                return Err("has a storage with a name that is too long".to_string());
            }
            Ok(Value::Storage(Rc::new(Storage { key: Rc::clone(key), class: Rc::clone(class), count })))
        }
        _ => Err("refers to something else than a storage of numbers".to_string()),
    }
}

/// What a call gives.
pub fn call(callable: &Value, arguments: &Value) -> Result<Value> {
    let Value::Global(name) = callable else { return Err("calls something that has no name".to_string()) };
    let arguments = arguments.items().ok_or("calls something without arguments")?;
    let wrong = || format!("calls {} with arguments that do not fit", quoted(name));
    match (&**name, arguments) {
        ("collections.OrderedDict", []) => Ok(Value::Many(Many { kind: Kind::Table, items: Rc::default(), depth: 1 })),
        ("torch._utils._rebuild_parameter", [Value::Tensor(tensor), ..]) => Ok(Value::Tensor(Rc::clone(tensor))),
        ("torch._utils._rebuild_tensor_v2", [Value::Storage(storage), offset, shape, strides, ..]) => {
            let listed = |v: &Value| v.items().map(<[Value]>::len);
            if listed(shape).max(listed(strides)) > Some(MOST_AXES) {
                return Err(format!("has a tensor with more than {MOST_AXES} axes"));
            }
            let counts = |v: &Value| v.items()?.iter().map(Value::count).collect::<Option<Vec<_>>>();
            let (shape, strides) = counts(shape).zip(counts(strides)).ok_or_else(wrong)?;
            let offset = offset.count().ok_or_else(wrong)?;
            Ok(Value::Tensor(Rc::new(Stored { storage: Rc::clone(storage), offset, shape, strides })))
        }
        // A shape by itself, in checkpoints.
        ("torch.Size", [shape @ Value::Many(Many { kind: Kind::Tuple | Kind::List, .. })]) => Ok(shape.clone()),
        (
            "collections.OrderedDict"
            | "torch._utils._rebuild_parameter"
            | "torch._utils._rebuild_tensor_v2"
            | "torch.Size",
            _,
        ) => Err(wrong()),
        _ => {
            let name = quoted(name);
            Err(format!("asks to call {name}, which a list of weights does not need: save its `state_dict()` alone"))
        }
    }
}
