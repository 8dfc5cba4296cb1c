//! Civil dates and the text form of RFC 3339, section 5.6, in UTC. Implemented here because each date library that was
//! tried is a large part of the whole module. The tests compare it with one of them, day by day.

/// The day number since 1970-01-01 of a `YYYY-MM-DD`. `None` if the date does not exist.
pub(super) fn days_of(text: &str) -> Option<i64> {
    if !has_shape(text, b"dddd-dd-dd") {
        return None;
    }
    let (year, month, day) = (number(text, 0, 4)?, number(text, 5, 7)?, number(text, 8, 10)?);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) => 29,
        2 => 28,
        _ => return None,
    };
    (1..=length).contains(&day).then(|| days(year, month, day))
}

/// Reads the text after a date: the time of day and its offset from UTC, both in milliseconds.
pub(super) fn time_of(text: &str) -> Option<(i64, i64)> {
    let (clock, rest) = text.split_at_checked(9)?;
    if !has_shape(clock, b"Tdd:dd:dd") {
        return None;
    }
    let (hour, minute, second) = (number(clock, 1, 3)?, number(clock, 4, 6)?, number(clock, 7, 9)?);
    // A leap second has no instant of its own when milliseconds are counted.
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, zone) = rest.split_at_checked(digits).filter(|(digits, _)| (1..=9).contains(&digits.len()))?;
            (format!("{digits:0<3}").get(..3)?.parse().ok()?, zone)
        }
        None => (0, rest),
    };
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    let millis = minutes.checked_mul(60)?.checked_add(second)?.checked_mul(1000)?.checked_add(fraction)?;
    Some((millis, offset_of(zone)?))
}

/// Year, month and day of a day number.
pub(super) fn date_of(days: i64) -> (i64, i64, i64) {
    // The method of Howard Hinnant, "chrono-compatible low-level date algorithms": eras of 400 years that begin in
    // March, so that the leap day comes last.
    let shifted = days.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let without_leaps = day_of_era
        .saturating_sub(day_of_era.div_euclid(1_460))
        .saturating_add(day_of_era.div_euclid(36_524))
        .saturating_sub(day_of_era.div_euclid(146_096));
    let year_of_era = without_leaps.div_euclid(365);
    let first = year_of_era.saturating_mul(365).saturating_add(year_of_era.div_euclid(4));
    let first = first.saturating_sub(year_of_era.div_euclid(100));
    let day_of_year = day_of_era.saturating_sub(first);
    let from_march = day_of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
    let before = from_march.saturating_mul(153).saturating_add(2).div_euclid(5);
    let day = day_of_year.saturating_sub(before).saturating_add(1);
    let (month, later) =
        if from_march < 10 { (from_march.saturating_add(3), 0) } else { (from_march.saturating_sub(9), 1) };
    (era.saturating_mul(400).saturating_add(year_of_era).saturating_add(later), month, day)
}

/// The day number of a date; the reverse of `date_of`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year.saturating_sub(1) } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = month.saturating_add(9).rem_euclid(12);
    let day_of_year =
        from_march.saturating_mul(153).saturating_add(2).div_euclid(5).saturating_add(day).saturating_sub(1);
    let first = year_of_era.saturating_mul(365).saturating_add(year_of_era.div_euclid(4));
    let first = first.saturating_sub(year_of_era.div_euclid(100));
    era.saturating_mul(146_097).saturating_add(first).saturating_add(day_of_year).saturating_sub(719_468)
}

fn offset_of(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.as_bytes() {
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let rest = zone.get(1..).filter(|rest| has_shape(rest, b"dd:dd"))?;
    let (hours, minutes) = (number(rest, 0, 2)?, number(rest, 3, 5)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60_000)?.checked_mul(sign)
}

fn number(text: &str, from: usize, until: usize) -> Option<i64> {
    text.get(from..until)?.parse().ok()
}

fn has_shape(text: &str, shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, &wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            exact => byte == exact,
        })
}
