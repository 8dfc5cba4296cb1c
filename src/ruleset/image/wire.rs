//! The conversion of values to bytes and back. Each type lists its parts once, for writing and reading.

use crate::base::country::{Country, CountrySet};
use crate::base::json;
use crate::base::set::{Map, Set};
use crate::base::time::{Instant, Span};
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::Number;
use std::collections::BTreeMap;

/// Maximum nesting of a value that is read.
const DEPTH: usize = 256;

/// The bytes written so far, and the table of their texts.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    texts: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

/// The bytes that are left to read. After an error none are left, and every read returns zero, which is the shortest
/// value of each type. So there is nothing to undo, and a caller checks for errors once, at the end.
#[derive(Debug)]
pub(super) struct ImageReader<'a> {
    bytes: &'a [u8],
    texts: Vec<&'a str>,
    depth: usize,
    failed: bool,
}

/// A type that can be written as bytes and read back.
pub(super) trait Wire: Sized {
    fn write(&self, out: &mut Writer);
    fn read(input: &mut ImageReader<'_>) -> Self;
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

    /// The magic bytes, the table of texts, then the rest.
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

impl<'a> ImageReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut input = Self { bytes, texts: Vec::new(), depth: 0, failed: false };
        for _ in 0..input.length() {
            let length = input.length();
            match std::str::from_utf8(input.take(length)) {
                Ok(text) => input.texts.push(text),
                Err(_) => input.fail(),
            }
        }
        input
    }

    /// Records an error.
    pub(super) fn fail(&mut self) {
        self.failed = true;
        self.bytes = &[];
    }

    /// Returns true if all bytes were read without an error.
    pub(super) fn is_done(&self) -> bool {
        !self.failed && self.bytes.is_empty()
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        match self.bytes.split_at_checked(length) {
            Some((taken, rest)) => {
                self.bytes = rest;
                taken
            }
            None => {
                self.fail();
                &[]
            }
        }
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else {
            self.fail();
            return 0;
        };
        self.bytes = rest;
        *first
    }

    fn word(&mut self) -> u64 {
        self.take(8).first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    fn number(&mut self) -> u64 {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            let part = u64::from(byte & 0x7f);
            let shifted = part << shift;
            // A number has only one valid form. It must fit into 64 bits and have no redundant last byte.
            if shifted >> shift != part || byte == 0 && shift > 0 {
                break;
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return number;
            }
        }
        self.fail();
        0
    }

    /// A length. It cannot exceed the number of bytes left, since every item takes at least one byte.
    fn length(&mut self) -> usize {
        let length = usize::try_from(self.number()).unwrap_or(usize::MAX);
        if length > self.bytes.len() {
            self.fail();
            return 0;
        }
        length
    }

    /// Reads a value that may contain values of its own type, with a limit on depth.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEPTH {
            self.fail();
        }
        self.depth = self.depth.saturating_add(1);
        let value = read(self);
        self.depth = self.depth.saturating_sub(1);
        value
    }
}

macro_rules! wire_struct {
    ($type:ty { $($field:ident),+ $(,)? $(; $authors:ident)? }) => {
        impl Wire for $type {
            fn write(&self, out: &mut Writer) {
                $(self.$field.write(out);)+
            }

            fn read(input: &mut ImageReader<'_>) -> Self {
                Self {
                    $($field: Wire::read(input),)+
                    $(#[cfg(feature = "author")] $authors: Vec::new(),)?
                }
            }
        }
    };
}

/// Writes each variant after its tag. The first variant, with tag 0, must be readable from zeros alone without endless
/// recursion.
macro_rules! wire_enum {
    ($type:ty {
        0 => $first:ident $(($($its:ident),+))?,
        $($tag:literal => $variant:ident $(($($part:ident),+))?),+ $(,)?
    }) => {
        impl Wire for $type {
            fn write(&self, out: &mut Writer) {
                match self {
                    Self::$first $(($($its),+))? => {
                        out.byte(0);
                        $($($its.write(out);)+)?
                    }
                    $(Self::$variant $(($($part),+))? => {
                        out.byte($tag);
                        $($($part.write(out);)+)?
                    })+
                }
            }

            fn read(input: &mut ImageReader<'_>) -> Self {
                input.deeper(|input| match input.byte() {
                    $($tag => Self::$variant $(($({
                        let $part = Wire::read(input);
                        $part
                    }),+))?,)+
                    tag => {
                        if tag != 0 {
                            input.fail();
                        }
                        Self::$first $(($({
                            let $its = Wire::read(input);
                            $its
                        }),+))?
                    }
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

    fn read(input: &mut ImageReader<'_>) -> Self {
        match input.byte() {
            0 => false,
            1 => true,
            _ => {
                input.fail();
                false
            }
        }
    }
}

impl Wire for u8 {
    fn write(&self, out: &mut Writer) {
        out.byte(*self);
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        input.byte()
    }
}

impl Wire for u64 {
    fn write(&self, out: &mut Writer) {
        out.number(*self);
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        input.number()
    }
}

impl Wire for f64 {
    fn write(&self, out: &mut Writer) {
        out.bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        let number = Self::from_bits(input.word());
        if !number.is_finite() {
            input.fail();
        }
        number
    }
}

impl Wire for Number {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        Self(f64::read(input))
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

    fn read(input: &mut ImageReader<'_>) -> Self {
        let number = usize::try_from(input.number()).unwrap_or(usize::MAX);
        match input.texts.get(number) {
            Some(text) => (*text).to_owned(),
            None => {
                input.fail();
                Self::new()
            }
        }
    }
}

impl Wire for Instant {
    fn write(&self, out: &mut Writer) {
        let millis = self.as_millis();
        out.number(u64::from_le_bytes(((millis << 1) ^ (millis >> 63)).to_le_bytes()));
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        let number = input.number();
        let half = i64::try_from(number >> 1).unwrap_or(i64::MAX);
        Self::from_millis(if number & 1 == 0 { half } else { !half }).unwrap_or_else(|| {
            input.fail();
            Self::MIN
        })
    }
}

impl Wire for Span {
    fn write(&self, out: &mut Writer) {
        out.number(u64::try_from(self.as_seconds()).unwrap_or(0));
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        Self::from_seconds(i64::try_from(input.number()).unwrap_or(i64::MAX))
    }
}

impl Wire for AttributeId {
    fn write(&self, out: &mut Writer) {
        out.length(self.position());
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        let position = usize::try_from(input.number()).unwrap_or(usize::MAX);
        Self::from_position(position).unwrap_or_else(|| {
            input.fail();
            Self::SUBJECT_ID
        })
    }
}

/// A small set is a list of positions. A large one is four words, after a count that no list has.
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

    fn read(input: &mut ImageReader<'_>) -> Self {
        let count = input.byte();
        if count == MANY {
            return Self::from_words([input.word(), input.word(), input.word(), input.word()]);
        }
        (0..count).map(|_| Country::from_position(input.byte())).collect()
    }
}

const MANY: u8 = 255;

/// As JSON text, which is parsed strictly when it is read.
impl Wire for json::Value {
    fn write(&self, out: &mut Writer) {
        self.to_string().write(out);
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        json::parse(String::read(input).as_bytes(), json::Limits::RULESET).unwrap_or_else(|_| {
            input.fail();
            Self::Null
        })
    }
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, out: &mut Writer) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        bool::read(input).then(|| T::read(input))
    }
}

impl<T: Wire> Wire for Box<T> {
    fn write(&self, out: &mut Writer) {
        T::write(self, out);
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        Self::new(T::read(input))
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        (A::read(input), B::read(input))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, out: &mut Writer) {
        out.length(self.len());
        self.iter().for_each(|item| item.write(out));
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        let length = input.length();
        let mut items = Self::with_capacity(length.min(1024));
        for _ in 0..length {
            items.push(T::read(input));
            if input.failed {
                break;
            }
        }
        items
    }
}

impl<T: Wire + Ord> Wire for Set<T> {
    fn write(&self, out: &mut Writer) {
        out.length(self.as_slice().len());
        self.iter().for_each(|item| item.write(out));
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        let length = input.length();
        let mut items = Self::default();
        for _ in 0..length {
            items.insert(T::read(input));
            if input.failed {
                break;
            }
        }
        items
    }
}

impl<K: Wire + Ord, V: Wire> Wire for Map<K, V> {
    fn write(&self, out: &mut Writer) {
        out.length(self.len());
        for (key, value) in self.iter() {
            key.write(out);
            value.write(out);
        }
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        Vec::<(K, V)>::read(input).into_iter().collect()
    }
}
