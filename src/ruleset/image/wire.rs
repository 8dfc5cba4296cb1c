//! Values as bytes: each type says once what it consists of, and is written and read by that.

use crate::attribute::AttributeId;
use crate::country::{Country, CountrySet};
use crate::json;
use crate::ruleset::model::Number;
use crate::set::Set;
use crate::time::{Instant, Span};
use std::collections::BTreeMap;

/// Deepest nesting of what is read.
const DEPTH: usize = 256;

/// Bytes in the making, and the texts that they name.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    texts: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

/// Bytes that are left to read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    texts: Vec<&'a str>,
    depth: usize,
}

/// What can be written and read back.
pub(super) trait Wire: Sized {
    fn write(&self, out: &mut Writer);
    fn read(input: &mut Reader<'_>) -> Option<Self>;
}

impl Writer {
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn number(&mut self, mut number: u64) {
        loop {
            let low = number.to_le_bytes().first().copied().unwrap_or(0) & 0x7f;
            number >>= 7;
            if number == 0 {
                return self.byte(low);
            }
            self.byte(low | 0x80);
        }
    }

    fn length(&mut self, length: usize) {
        self.number(u64::try_from(length).unwrap_or(u64::MAX));
    }

    /// The texts, then the rest.
    pub(super) fn finish(self, magic: &[u8]) -> Vec<u8> {
        let mut whole = Self { bytes: magic.to_vec(), ..Self::default() };
        whole.length(self.texts.len());
        for text in &self.texts {
            whole.length(text.len());
            whole.bytes.extend_from_slice(text.as_bytes());
        }
        whole.bytes.extend_from_slice(&self.bytes);
        whole.bytes
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut input = Self { bytes, texts: Vec::new(), depth: 0 };
        for _ in 0..input.length()? {
            let length = input.length()?;
            let (text, rest) = input.bytes.split_at_checked(length)?;
            input.texts.push(std::str::from_utf8(text).ok()?);
            input.bytes = rest;
        }
        Some(input)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            let shifted = part << shift;
            if shifted >> shift != part {
                return None;
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                // One number has one form.
                return (byte != 0 || shift == 0).then_some(number);
            }
        }
        None
    }

    /// A length, which what is left must be able to hold: every item takes at least a byte.
    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|length| *length <= self.bytes.len())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Reads what may hold others of its kind.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEPTH {
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let value = read(self);
        self.depth = self.depth.saturating_sub(1);
        value
    }
}

macro_rules! wire_struct {
    ($type:ty { $($field:ident),+ $(,)? }) => {
        impl Wire for $type {
            fn write(&self, out: &mut Writer) {
                $(self.$field.write(out);)+
            }

            fn read(input: &mut Reader<'_>) -> Option<Self> {
                Some(Self { $($field: Wire::read(input)?),+ })
            }
        }
    };
}

macro_rules! wire_enum {
    ($type:ty { $($tag:literal => $variant:ident $(($($part:ident),+))?),+ $(,)? }) => {
        impl Wire for $type {
            fn write(&self, out: &mut Writer) {
                match self {
                    $(Self::$variant $(($($part),+))? => {
                        out.byte($tag);
                        $($($part.write(out);)+)?
                    })+
                }
            }

            fn read(input: &mut Reader<'_>) -> Option<Self> {
                input.deeper(|input| {
                    Some(match input.byte()? {
                        $($tag => Self::$variant $(($({
                            let $part = Wire::read(input)?;
                            $part
                        }),+))?,)+
                        _ => return None,
                    })
                })
            }
        }
    };
}

pub(super) use {wire_enum, wire_struct};

impl Wire for bool {
    fn write(&self, out: &mut Writer) {
        out.byte(u8::from(*self));
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        match input.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Wire for u8 {
    fn write(&self, out: &mut Writer) {
        out.byte(*self);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        input.byte()
    }
}

impl Wire for u64 {
    fn write(&self, out: &mut Writer) {
        out.number(*self);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        input.number()
    }
}

impl Wire for f64 {
    fn write(&self, out: &mut Writer) {
        out.bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let (bytes, rest) = input.bytes.split_first_chunk::<8>()?;
        input.bytes = rest;
        Some(Self::from_le_bytes(*bytes)).filter(|number| number.is_finite())
    }
}

impl Wire for Number {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        f64::read(input).map(Self)
    }
}

impl Wire for String {
    fn write(&self, out: &mut Writer) {
        let next = out.texts.len();
        let number = *out.numbers.entry(self.clone()).or_insert(next);
        if number == next {
            out.texts.push(self.clone());
        }
        out.length(number);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let number = usize::try_from(input.number()?).ok()?;
        input.texts.get(number).map(|text| (*text).to_owned())
    }
}

impl Wire for Instant {
    fn write(&self, out: &mut Writer) {
        let millis = self.as_millis();
        out.number(u64::from_le_bytes(((millis << 1) ^ (millis >> 63)).to_le_bytes()));
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let number = input.number()?;
        let half = i64::try_from(number >> 1).ok()?;
        Self::from_millis(if number & 1 == 0 { half } else { !half })
    }
}

impl Wire for Span {
    fn write(&self, out: &mut Writer) {
        out.number(u64::try_from(self.as_seconds()).unwrap_or(0));
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        i64::try_from(input.number()?).ok().map(Self::from_seconds)
    }
}

impl Wire for AttributeId {
    fn write(&self, out: &mut Writer) {
        out.length(self.position());
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Self::from_position(usize::try_from(input.number()?).ok()?)
    }
}

/// Few as a list of positions; many, after a count that no list has, as the four words.
impl Wire for CountrySet {
    fn write(&self, out: &mut Writer) {
        let few = self.len() <= 24;
        if few {
            out.length(self.len());
            self.iter().for_each(|country| out.byte(u8::try_from(country.position()).unwrap_or(0)));
        } else {
            out.byte(MANY);
            self.words().iter().for_each(|word| out.bytes.extend_from_slice(&word.to_le_bytes()));
        }
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let count = input.byte()?;
        if count == MANY {
            let mut words = [0_u64; 4];
            for word in &mut words {
                let (bytes, rest) = input.bytes.split_first_chunk::<8>()?;
                *word = u64::from_le_bytes(*bytes);
                input.bytes = rest;
            }
            return Some(Self::from_words(words));
        }
        let mut set = Self::default();
        for _ in 0..count {
            set.insert(Country::from_position(input.byte()?));
        }
        Some(set)
    }
}

const MANY: u8 = 255;

/// As JSON text, which is read as strictly as any.
impl Wire for json::Value {
    fn write(&self, out: &mut Writer) {
        self.to_string().write(out);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        json::parse(String::read(input)?.as_bytes(), json::Limits::RULESET).ok()
    }
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, out: &mut Writer) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        match bool::read(input)? {
            true => T::read(input).map(Some),
            false => Some(None),
        }
    }
}

impl<T: Wire> Wire for Box<T> {
    fn write(&self, out: &mut Writer) {
        T::write(self, out);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        T::read(input).map(Self::new)
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some((A::read(input)?, B::read(input)?))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, out: &mut Writer) {
        out.length(self.len());
        self.iter().for_each(|item| item.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let length = input.length()?;
        let mut items = Self::with_capacity(length.min(1024));
        for _ in 0..length {
            items.push(T::read(input)?);
        }
        Some(items)
    }
}

impl<T: Wire + Ord> Wire for Set<T> {
    fn write(&self, out: &mut Writer) {
        out.length(self.as_slice().len());
        self.iter().for_each(|item| item.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let length = input.length()?;
        let mut items = Self::default();
        for _ in 0..length {
            items.insert(T::read(input)?);
        }
        Some(items)
    }
}

impl<K: Wire + Ord, V: Wire> Wire for BTreeMap<K, V> {
    fn write(&self, out: &mut Writer) {
        out.length(self.len());
        for (key, value) in self {
            key.write(out);
            value.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let length = input.length()?;
        let mut items = Self::new();
        for _ in 0..length {
            let key = K::read(input)?;
            items.insert(key, V::read(input)?);
        }
        Some(items)
    }
}
