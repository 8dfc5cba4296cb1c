//! A document before it means anything: values with the place in the source where each was written.

use crate::json;

/// A stretch of the source, in byte offsets. Empty at zero where there is no source text, as in a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// First byte.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it was written.
    pub at: Mark,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(String),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping; no key occurs twice.
    Mapping(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub key_at: Mark,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A mapping's field.
    pub fn field(&self, name: &str) -> Option<&Entry> {
        let Kind::Mapping(entries) = &self.kind else { return None };
        entries.iter().find(|entry| entry.key == name)
    }

    /// The value of a mapping's field.
    pub fn member_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Kind::Mapping(entries) = &mut self.kind else { return None };
        entries.iter_mut().find(|entry| entry.key == name).map(|entry| &mut entry.value)
    }

    /// Puts it, and all that is in it, at one place.
    pub fn place(&mut self, at: Mark) {
        self.at = at;
        match &mut self.kind {
            Kind::Sequence(items) => items.iter_mut().for_each(|item| item.place(at)),
            Kind::Mapping(entries) => entries.iter_mut().for_each(|entry| {
                entry.key_at = at;
                entry.value.place(at);
            }),
            _ => {}
        }
    }
}

impl From<json::Value> for Node {
    fn from(value: json::Value) -> Self {
        let kind = match value {
            json::Value::Null => Kind::Null,
            json::Value::Bool(value) => Kind::Bool(value),
            json::Value::Integer(value) => Kind::Integer(value),
            json::Value::Float(value) => Kind::Float(value),
            json::Value::String(text) => Kind::String(text),
            json::Value::Array(items) => Kind::Sequence(items.into_iter().map(Self::from).collect()),
            json::Value::Object(members) => Kind::Mapping(
                members
                    .into_iter()
                    .map(|(key, value)| Entry { key, key_at: Mark::default(), value: Self::from(value) })
                    .collect(),
            ),
        };
        Self { at: Mark::default(), kind }
    }
}

impl From<Node> for json::Value {
    fn from(node: Node) -> Self {
        match node.kind {
            Kind::Null => Self::Null,
            Kind::Bool(value) => Self::Bool(value),
            Kind::Integer(value) => Self::Integer(value),
            Kind::Float(value) => Self::Float(value),
            Kind::String(text) => Self::String(text),
            Kind::Sequence(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            // A mapping's keys are unique, as an object's are.
            Kind::Mapping(entries) => {
                Self::Object(entries.into_iter().map(|entry| (entry.key, Self::from(entry.value))).collect())
            }
        }
    }
}
