//! Instants, durations and half-open windows. Nothing here reads a clock.

mod civil;

use std::fmt;
use std::str::FromStr;

/// An instant, in milliseconds since 1970-01-01T00:00:00Z. Range: years 0 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// 9999-12-31T23:59:59.999Z, the last instant that can be written.
    pub const MAX: Self = Self(253_402_300_799_999);
    /// 0000-01-01T00:00:00Z, the first.
    pub const MIN: Self = Self(-62_167_219_200_000);

    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// Converts milliseconds since the epoch. `None` outside the years 0 to 9999.
    pub const fn from_millis(millis: i64) -> Option<Self> {
        if millis < Self::MIN.0 || millis > Self::MAX.0 {
            return None;
        }
        Some(Self(millis))
    }

    /// Converts whole seconds since the epoch (a NumericDate of RFC 7519, section 2).
    pub const fn from_seconds(seconds: i64) -> Option<Self> {
        match seconds.checked_mul(1000) {
            Some(millis) => Self::from_millis(millis),
            None => None,
        }
    }

    /// Converts seconds since the epoch with a fraction, rounded up to a millisecond.
    pub fn from_seconds_rounded_up(seconds: f64) -> Option<Self> {
        Self::from_whole_millis((seconds * 1000.0).ceil())
    }

    /// Converts seconds since the epoch with a fraction, rounded down to a millisecond.
    pub fn from_seconds_rounded_down(seconds: f64) -> Option<Self> {
        Self::from_whole_millis((seconds * 1000.0).floor())
    }

    fn from_whole_millis(millis: f64) -> Option<Self> {
        if !(-62_167_219_200_000.0..=253_402_300_799_999.0).contains(&millis) {
            return None;
        }
        #[expect(clippy::as_conversions, reason = "a whole number within the years 0 to 9999")]
        #[expect(clippy::cast_possible_truncation, reason = "as above")]
        let millis = millis as i64;
        Self::from_millis(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant plus a span, clamped to the range.
    pub fn saturating_add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// This instant minus a span, clamped to the range.
    pub fn saturating_sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The time since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0).max(0))
    }

    /// Reads an RFC 3339 date-time, or a full-date, which means midnight in UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let midnight = civil::days_of(date)?.checked_mul(DAY)?;
        let (time, offset) = if rest.is_empty() { (0, 0) } else { civil::time_of(rest)? };
        Self::from_millis(midnight.checked_add(time)?.checked_sub(offset)?)
    }
}

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

impl fmt::Display for Instant {
    /// RFC 3339 in UTC, with a fraction only if it is not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil::date_of(self.0.div_euclid(DAY));
        let millis = self.0.rem_euclid(DAY);
        let part = |unit: i64, of: i64| millis.div_euclid(unit).rem_euclid(of);
        let (hour, minute, second) = (part(3_600_000, 24), part(60_000, 60), part(1000, 60));
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        let fraction = millis.rem_euclid(1000);
        if fraction != 0 {
            let digits = format!("{fraction:03}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A length of time, in milliseconds, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// Zero milliseconds.
    pub const ZERO: Self = Self(0);

    /// Converts whole seconds; a negative number becomes zero.
    pub const fn from_seconds(seconds: i64) -> Self {
        let millis = seconds.saturating_mul(1000);
        Self(if millis < 0 { 0 } else { millis })
    }

    /// Converts milliseconds; a negative number becomes zero.
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < 0 { 0 } else { millis })
    }

    /// Whole seconds.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl FromStr for Span {
    type Err = ();

    /// Reads a whole number and one unit: `90s`, `15m`, `12h`, `30d`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let unit = text.chars().next_back().ok_or(())?;
        let number = text.strip_suffix(unit).ok_or(())?;
        if number.is_empty() || number.len() > 9 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(());
        }
        let seconds: i64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(()),
        };
        let count: i64 = number.parse().map_err(|_| ())?;
        Ok(Self::from_seconds(count.saturating_mul(seconds)))
    }
}

impl fmt::Display for Span {
    /// Uses the largest exact unit, so that the output can be read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.as_seconds();
        for (unit, name) in [(86_400, 'd'), (3_600, 'h'), (60, 'm')] {
            if seconds != 0 && seconds.checked_rem(unit) == Some(0) {
                return write!(f, "{}{name}", seconds.div_euclid(unit));
            }
        }
        write!(f, "{seconds}s")
    }
}

/// A half-open interval `[from, until)`; an end that is `None` is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// First instant inside.
    pub from: Option<Instant>,
    /// First instant after the window.
    pub until: Option<Instant>,
}

impl Window {
    /// Returns true if `now` is inside.
    pub fn contains(&self, now: Instant) -> bool {
        !self.is_before(now) && !self.is_over(now)
    }

    /// Returns true if it has not begun at `now`.
    pub fn is_before(&self, now: Instant) -> bool {
        self.from.is_some_and(|from| now < from)
    }

    /// Returns true if it has ended at `now`.
    pub fn is_over(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    /// The instants in both windows.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let from = self.from.max(other.from);
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { from, until }
    }

    /// Returns true if no instant is inside.
    pub fn is_empty(&self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if until <= from)
    }

    /// Its ends, without those that are open.
    pub fn boundaries(&self) -> impl Iterator<Item = Instant> {
        self.from.into_iter().chain(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_only_in_the_shape_of_rfc_3339() {
        let order = Instant::parse("2026-06-12T22:51:00Z").unwrap();
        assert_eq!(order, Instant::parse("2026-06-12T18:51:00-04:00").unwrap());
        assert_eq!(Instant::parse("2026-06-12"), Instant::parse("2026-06-12T00:00:00Z"));
        assert_eq!(Instant::parse("2026-06-12T22:51:00.250Z").unwrap().as_millis() - order.as_millis(), 250);
        for wrong in [
            "2026-06-12 22:51:00Z",
            "2026-06-12T22:51:00",
            "2026-06-12T22:51Z",
            "2026-6-12",
            "20260612",
            "2026-02-30",
            "2026-06-12T25:00:00Z",
            "2026-06-12T22:51:00.Z",
            "2026-06-12T22:51:00Z[UTC]",
            "2026-06-12T22:51:60Z",
            "",
            "now",
            "2026-06-12T22:51:00+24:00",
        ] {
            assert_eq!(Instant::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_day_is_the_one_that_a_date_library_says() {
        let epoch = jiff::civil::date(1970, 1, 1);
        for days in (-719_528..=2_932_896).step_by(17).chain([-719_528, 2_932_896, -1, 0, 59, 11_016, 11_017]) {
            let date = epoch.checked_add(jiff::Span::new().days(days)).unwrap();
            let instant = Instant::from_millis(i64::from(days) * DAY).unwrap();
            assert_eq!(instant.to_string(), format!("{date}T00:00:00Z"));
            assert_eq!(Instant::parse(&date.to_string()), Some(instant));
        }
        for never in ["2025-02-29", "1900-02-29", "2026-04-31", "2026-00-10", "2026-13-01", "2026-01-00"] {
            assert_eq!(Instant::parse(never), None, "{never}");
        }
        assert!(Instant::parse("2000-02-29").is_some());
    }

    #[test]
    fn what_is_printed_can_be_read_back() {
        for text in
            ["2026-06-12T22:51:00Z", "1969-12-31T23:59:59.5Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"]
        {
            assert_eq!(Instant::parse(text).unwrap().to_string(), text);
        }
        for text in ["90s", "15m", "12h", "30d", "0s"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn spans_have_one_number_and_one_unit() {
        for wrong in ["", "d", "30", "-1d", "1.5h", "1w", "1d2h", " 1d", "1234567890s", "１d", "1µ"] {
            assert_eq!(wrong.parse::<Span>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn windows_are_half_open() {
        let window = Window { from: Instant::from_seconds(10), until: Instant::from_seconds(20) };
        let inside = |s| window.contains(Instant::from_seconds(s).unwrap());
        assert_eq!([9, 10, 19, 20].map(inside), [false, true, true, false]);
        assert!(Window { from: Instant::from_seconds(5), until: Instant::from_seconds(5) }.is_empty());
    }
}
