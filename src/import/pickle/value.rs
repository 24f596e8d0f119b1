//! Values of pickles, and the results of the callables that pickles may use.

use std::rc::Rc;

use crate::weights::foreign::quoted;

/// The deepest nesting of containers. Weight files need four levels.
const DEEPEST: u8 = 32;
/// Maximum number of axes of a tensor.
pub const MOST_AXES: usize = 8;
/// The longest name of a class, a storage or a location in bytes.
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

/// A tuple, list or table. Keys and values of a table alternate.
#[derive(Debug, Clone, PartialEq)]
pub struct Many {
    pub kind: Kind,
    pub items: Rc<Vec<Value>>,
    /// Levels of nested containers, including this one.
    pub depth: u8,
}

/// Kinds of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tuple,
    List,
    Table,
}

/// Values stored elsewhere in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    pub key: Rc<str>,
    /// The Python class, such as `torch.FloatStorage`.
    pub class: Rc<str>,
    /// Number of values.
    pub count: usize,
}

/// A tensor: a view of a part of a storage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub storage: Rc<Storage>,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

/// A value, or a description of the problem, phrased as the end of a sentence about the file.
pub type Result<T> = std::result::Result<T, String>;

impl Value {
    /// Returns keys and values, if the value is a table.
    pub fn table(&self) -> Option<impl Iterator<Item = (&Value, &Value)>> {
        match self {
            Self::Many(Many { kind: Kind::Table, items, .. }) => {
                Some(items.chunks_exact(2).map(|pair| (&pair[0], &pair[1])))
            }
            _ => None,
        }
    }

    /// Returns the items, if the value is a tuple or list.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Self::Many(Many { kind: Kind::Tuple | Kind::List, items, .. }) => Some(items),
            _ => None,
        }
    }

    /// Returns the integer, if the value is one from 0 up.
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

/// Returns the depth of a container of at least `depth` with `items`.
pub fn deeper(depth: u8, items: &[Value]) -> Result<u8> {
    let deepest = items.iter().map(|item| item.depth() + 1).max().unwrap_or(1).max(depth);
    if deepest > DEEPEST {
        return Err("has containers that are nested too deeply".to_string());
    }
    Ok(deepest)
}

/// Resolves a persistent id: `("storage", class, key, place, count, ...)`.
pub fn storage(id: &Value) -> Result<Value> {
    match id.items() {
        Some([Value::Text(what), Value::Global(class), Value::Text(key), _, count, ..]) if &**what == "storage" => {
            let count = count.count().ok_or("has a storage without a length")?;
            if key.len() > LONGEST_NAME {
                return Err("has a storage with a name that is too long".to_string());
            }
            Ok(Value::Storage(Rc::new(Storage { key: Rc::clone(key), class: Rc::clone(class), count })))
        }
        _ => Err("refers to a value that is not a storage of numbers".to_string()),
    }
}

/// Returns the result of a call.
pub fn call(callable: &Value, arguments: &Value) -> Result<Value> {
    let Value::Global(name) = callable else { return Err("calls a value that has no name".to_string()) };
    let arguments = arguments.items().ok_or("calls a function without arguments")?;
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
        // A shape as a value of its own occurs in checkpoints.
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
            Err(format!("asks to call {name}, which a weight file does not need: save only the model's `state_dict()`"))
        }
    }
}
