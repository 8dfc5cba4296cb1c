//! Strict JSON input: one value, no duplicate member at any depth, no `__proto__`, no lone surrogate, bounded depth and
//! size.
//!
//! Built on `serde_json`, which does the lexing; this module adds the checks that RFC 8259 leaves to the reader.
//!
//! Longer than other files: the parser and its value are one invariant, and a third are tests.

use crate::base::limits;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;
use std::collections::BinaryHeap;
use std::fmt;

/// A strictly read JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without fraction or exponent that fits in 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string
    String(String),
    /// An array
    Array(Vec<Self>),
    /// An object
    Object(Object),
}

impl Value {
    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The array, if it is one.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The number, if it is one; beyond 2^53 the nearest `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::as_conversions, reason = "as JSON has it")]
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            Self::Integer(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The value at a JSON Pointer (RFC 6901).
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.starts_with('/').then(|| steps(pointer))?.try_fold(self, |value, name| match value {
            Self::Object(object) => object.get(&name),
            Self::Array(items) => {
                let canonical = name == "0" || !name.starts_with('0');
                let index = name.bytes().all(|b| b.is_ascii_digit()).then(|| name.parse::<usize>().ok())??;
                items.get(index).filter(|_| canonical)
            }
            _ => None,
        })
    }
}

/// The reference tokens of a JSON Pointer (RFC 6901, section 4), unescaped.
pub fn steps(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|token| {
        let mut name = String::with_capacity(token.len());
        let mut escape = false;
        for letter in token.chars() {
            match (escape, letter) {
                (false, '~') => {
                    escape = true;
                    continue;
                }
                (true, '0') => name.push('~'),
                (true, '1') => name.push('/'),
                (true, other) => {
                    name.push('~');
                    name.push(other);
                }
                (false, other) => name.push(other),
            }
            escape = false;
        }
        if escape {
            name.push('~');
        }
        name
    })
}

impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(object) => serializer.collect_map(object.iter()),
        }
    }
}

impl fmt::Display for Value {
    /// As compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// An object's members in document order; no name occurs twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All members, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The number of its members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if it has no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Value)> for Object {
    /// Keeps the first of two members with the same name.
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(members: T) -> Self {
        let mut object = Self::default();
        for (name, value) in members {
            if object.get(&name).is_none() {
                object.0.push((name, value));
            }
        }
        object
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Bounds on one document.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Deepest nesting.
    pub depth: usize,
    /// Most members of one object.
    pub members: usize,
    /// Most bytes of one string.
    pub string_bytes: usize,
}

impl Limits {
    /// For tokens and requests, which can come from any sender.
    pub const UNTRUSTED: Self =
        Self { depth: limits::JSON_DEPTH, members: limits::JSON_MEMBERS, string_bytes: limits::JSON_STRING_BYTES };
    /// For rulesets, whose size is bounded as a whole and whose signature is checked first.
    pub const RULESET: Self =
        Self { depth: limits::RULESET_DEPTH, members: limits::RULES, string_bytes: limits::BUNDLE_BYTES };
}

/// Why a text is not strict JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// The text is not UTF-8.
    Utf8,
    /// Not one JSON value, or a limit was exceeded.
    Syntax {
        /// The error, in words.
        problem: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// A member occurs twice in one object.
    Duplicate {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// The member's name.
        name: String,
    },
}

impl JsonError {
    /// Returns true if a member occurs twice.
    pub const fn is_duplicate(&self) -> bool {
        matches!(self, Self::Duplicate { .. })
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("not UTF-8"),
            Self::Duplicate { name, line, column } => {
                write!(f, "the member `{name}` occurs twice at line {line}, column {column}")
            }
            Self::Syntax { problem, line, column } => write!(f, "{problem} at line {line}, column {column}"),
        }
    }
}

impl std::error::Error for JsonError {}

/// Reads one JSON value strictly.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Value, JsonError> {
    // Check the whole text first: serde_json does not look at the bytes that it skips.
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::Utf8)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let duplicate = RefCell::new(None);
    let strict = Strict { limits, depth: 0, duplicate: &duplicate };
    strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if let Some(name) = duplicate.take() {
            return JsonError::Duplicate { name, line, column };
        }
        JsonError::Syntax { problem: problem(&error), line, column }
    })
}

/// The text of an error, without the position that serde_json appends to every message; callers report it separately.
/// Only authors read the details: serde_json's messages, with the printing of numbers, are a hundredth of the module.
fn problem(error: &serde_json::Error) -> String {
    if !cfg!(feature = "author") {
        return "not one JSON value within the limits".to_owned();
    }
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.as_str(), |(head, _)| head).to_owned()
}

/// The spelling of the number that is the top-level member `name` of an object, in bytes that were parsed already. A
/// name written with escapes is not found.
pub(crate) fn spelling<'a>(bytes: &'a [u8], name: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (mut depth, mut rest) = (0_usize, text);
    loop {
        let at = rest.find(['"', '{', '}', '[', ']'])?;
        let (found, after) = rest.get(at..)?.split_at_checked(1)?;
        rest = after;
        match found {
            "\"" => {
                let (string, after) = until_quote(rest)?;
                let value = after.trim_ascii_start().strip_prefix(':').filter(|_| depth == 1 && string == name);
                if let Some(value) = value {
                    let value = value.trim_ascii_start();
                    let end = value.find(|letter: char| !matches!(letter, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
                    return value.get(..end.unwrap_or(value.len())).filter(|number| !number.is_empty());
                }
                rest = after;
            }
            "{" | "[" => depth = depth.saturating_add(1),
            _ => depth = depth.saturating_sub(1),
        }
    }
}

/// A string's characters as they are written, and the text after the closing quote.
fn until_quote(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some((text.get(..end)?, text.get(end.checked_add(1)?..)?))
}

/// Visitor methods for types that are not expected. serde's default methods word an error for every type.
macro_rules! refused {
    ($($method:ident($type:ty)),+) => {
        $(fn $method<E: serde::de::Error>(self, _: $type) -> Result<Self::Value, E> {
            Err(E::custom("a value of another type"))
        })+
    };
}

/// The name of a member.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    refused!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64));

    fn visit_str<E>(self, name: &str) -> Result<String, E> {
        Ok(name.to_owned())
    }
}

/// Most members of an object in which each name is compared with the earlier ones.
const SCANNED: usize = 32;

#[derive(Clone, Copy)]
struct Strict<'a> {
    limits: Limits,
    depth: usize,
    /// The duplicate name. serde's errors hold only text, and callers must distinguish this error from others.
    duplicate: &'a RefCell<Option<String>>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= self.limits.depth {
            return Err(E::custom(format_args!("nested more than {} deep", self.limits.depth)));
        }
        Ok(Self { depth: self.depth.saturating_add(1), ..self })
    }

    fn twice<E: serde::de::Error>(self, name: &str) -> E {
        *self.duplicate.borrow_mut() = Some(name.to_owned());
        E::custom("a member occurs twice")
    }

    fn text<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        if text.len() > self.limits.string_bytes {
            return Err(E::custom(format_args!("a string longer than {} bytes", self.limits.string_bytes)));
        }
        Ok(text.to_owned())
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        #[expect(clippy::as_conversions, reason = "the nearest, as of a number that is larger still")]
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        let nearest = Value::Float(value as f64);
        Ok(i64::try_from(value).map_or(nearest, Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.text(text).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<(String, Value)> = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            let name = self.text::<A::Error>(&name)?;
            // Scan a short object, so that the error's position is that of the name.
            if members.len() < SCANNED && members.iter().any(|(key, _)| *key == name) {
                return Err(self.twice(&name));
            }
            // In JavaScript this name sets an object's prototype; no input of Brightline needs it.
            if name == "__proto__" {
                return Err(A::Error::custom("a member named `__proto__`"));
            }
            if members.len() >= self.limits.members {
                return Err(A::Error::custom(format_args!("an object with more than {} members", self.limits.members)));
            }
            let value = map.next_value_seed(inner)?;
            members.push((name, value));
        }
        // Sort a long object. No choice of names makes that slow, whereas a hash without a secret key has such names.
        if members.len() > SCANNED {
            let mut names: BinaryHeap<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            while let Some(name) = names.pop() {
                if names.peek() == Some(&name) {
                    return Err(self.twice(name));
                }
            }
        }
        Ok(Value::Object(Object(members)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, JsonError> {
        parse(text.as_bytes(), Limits::UNTRUSTED)
    }

    #[test]
    fn a_number_is_spelt_as_it_stands_at_the_top() {
        let of = |text| spelling(str::as_bytes(text), "exp");
        assert_eq!(of(r#"{"a":{"exp":1},"b":[{"exp":2}],"exp" : 1.50,"c":3}"#), Some("1.50"));
        assert_eq!(of(r#"{"x":"\"exp\":7","y{":"}","exp":-2e3}"#), Some("-2e3"));
        assert_eq!(of(r#"{"x\\":"exp","exp":4}"#), Some("4"));
        for nothing in [r#"{"a":{"exp":1}}"#, r#"{"exp":"1"}"#, r#"{"\u0065xp":1}"#, r#"["exp",1]"#, "{}", "", "\""] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_member_may_not_occur_twice_at_any_depth_in_any_spelling() {
        assert!(read(r#"{"x":{"__proto__":1}}"#).is_err());
        for text in [r#"{"a":1,"a":2}"#, r#"{"x":[{"a":1,"\u0061":1}]}"#] {
            assert!(read(text).unwrap_err().to_string().contains("`a` occurs twice"), "{text}");
        }
        let many: Vec<String> = (0..200).map(|i| format!("\"k{i}\":0")).collect();
        assert!(read(&format!("{{{}}}", many.join(","))).is_ok());
        assert!(read(&format!("{{{},\"k5\":1}}", many.join(","))).is_err());
    }

    /// Names are compared or sorted, not hashed, so no choice of names is slow.
    #[test]
    fn a_member_that_occurs_twice_is_found_in_objects_of_every_length() {
        for length in [2, SCANNED - 1, SCANNED, SCANNED + 1, SCANNED + 2, 1_000] {
            for (first, second) in [(0, 1), (0, length - 1), (length / 2 - 1, length - 1), (length - 2, length - 1)] {
                let mut names: Vec<String> = (0..length).map(|i| format!("\"k{i}\":0")).collect();
                let read = |names: &[String]| parse(format!("{{{}}}", names.join(",")).as_bytes(), Limits::RULESET);
                assert_eq!(read(&names).unwrap().as_object().unwrap().len(), length);
                names[second] = names[first].clone();
                let Err(JsonError::Duplicate { name, .. }) = read(&names) else { panic!("{length} {first} {second}") };
                assert_eq!(name, format!("k{first}"));
            }
        }
    }

    #[test]
    fn only_one_value_in_utf8_without_comment_bom_or_lone_surrogate() {
        for text in ["", "1 2", "{} x", "\u{feff}{}", "{/**/}", "[1,]", "01", "+1", "NaN", r#""\ud800""#, "1e400"] {
            assert!(read(text).is_err(), "{text}");
        }
        // An integer beyond 64 bits is still a number, but not one that a date or a count accepts.
        for large in ["9223372036854775808", "18446744073709551615", "18446744073709551616"] {
            assert!(matches!(read(large), Ok(Value::Float(_))), "{large}");
        }
        assert_eq!(read("9223372036854775807"), Ok(Value::Integer(i64::MAX)));
        assert_eq!(parse(b"\"\xff\"", Limits::UNTRUSTED), Err(JsonError::Utf8));
    }

    #[test]
    fn limits_hold_at_the_limit_and_one_past_it() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&nested(limits::JSON_DEPTH)).is_ok());
        assert!(read(&nested(limits::JSON_DEPTH + 1)).is_err());
        assert!(read(&nested(100_000)).is_err());
        let text = |n: usize| format!("\"{}\"", "x".repeat(n));
        assert!(read(&text(limits::JSON_STRING_BYTES)).is_ok());
        assert!(read(&text(limits::JSON_STRING_BYTES + 1)).is_err());
        let members = |n: usize| format!("{{{}}}", (0..n).map(|i| format!("\"{i}\":0")).collect::<Vec<_>>().join(","));
        assert!(read(&members(limits::JSON_MEMBERS)).is_ok());
        assert!(read(&members(limits::JSON_MEMBERS + 1)).is_err());
    }

    #[test]
    fn pointers_follow_rfc_6901() {
        let value = read(r#"{"a":{"b/c":[10,{"~":true}]}}"#).unwrap();
        assert_eq!(value.pointer("/a/b~1c/0"), Some(&Value::Integer(10)));
        assert_eq!(value.pointer("/a/b~1c/1/~0"), Some(&Value::Bool(true)));
        for nothing in ["a", "/a/b", "/a/b~1c/01", "/a/b~1c/2", "/a/b~1c/-"] {
            assert_eq!(value.pointer(nothing), None, "{nothing}");
        }
    }
}
