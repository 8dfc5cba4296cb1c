//! A document before interpretation: values, each with its location in the source.

use crate::base::json;

/// A range of the source, in byte offsets. Empty at zero if there is no source text, as in a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceRange {
    /// First byte.
    pub start: usize,
    /// First byte after the range.
    pub end: usize,
}

/// A value and its location.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Location in the source.
    pub at: SourceRange,
    /// The value.
    pub kind: Kind,
}

/// The value of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, or no value.
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
    /// A mapping. No key occurs twice.
    Mapping(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Location of the key.
    pub key_at: SourceRange,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Returns a mapping's entry by key. `None` if there is no such entry.
    pub fn field(&self, name: &str) -> Option<&Entry> {
        let Kind::Mapping(entries) = &self.kind else { return None };
        entries.iter().find(|entry| entry.key == name)
    }

    /// Returns the value of a mapping's entry by key. `None` if there is no such entry.
    pub fn member_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Kind::Mapping(entries) = &mut self.kind else { return None };
        entries.iter_mut().find(|entry| entry.key == name).map(|entry| &mut entry.value)
    }

    /// Sets the location of the node and of everything inside it.
    pub fn place(&mut self, at: SourceRange) {
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
                    .map(|(key, value)| Entry { key, key_at: SourceRange::default(), value: Self::from(value) })
                    .collect(),
            ),
        };
        Self { at: SourceRange::default(), kind }
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
            // Keys are unique in both mappings and objects.
            Kind::Mapping(entries) => {
                Self::Object(entries.into_iter().map(|entry| (entry.key, Self::from(entry.value))).collect())
            }
        }
    }
}
