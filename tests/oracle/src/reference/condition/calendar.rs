//! The calendar by hand, with the few zones that the generator knows.

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The days between 1970-01-01 and a date.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let leap = |year: i64| year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    let mut days = day - 1;
    for earlier in 1970..year {
        days += if leap(earlier) { 366 } else { 365 };
    }
    for earlier in 1..month {
        days += match earlier {
            2 if leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
    }
    days
}

/// The year of an instant that lies at most a year before 1970.
fn year_of(millis: i64) -> i64 {
    let mut year = 1969;
    while days_to(year + 1, 1, 1) * DAY <= millis {
        year += 1;
    }
    year
}

/// The milliseconds of an instant such as `2026-07-01T09:00:00.5+02:00`.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let (fraction, zone) = match text.get(19..)?.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(['Z', '+', '-'])?),
        None => ("", text.get(19..)?),
    };
    let shift = if zone == "Z" { 0 } else { fixed(zone)? };
    let millis = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    let local = days_to(year, month, day) * DAY + hour * HOUR + minute * 60_000 + second * 1_000;
    Some(local + millis - shift)
}

fn fixed(zone: &str) -> Option<i64> {
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let shift = hours.parse::<i64>().ok()? * HOUR + minutes.parse::<i64>().ok()? * 60_000;
    Some(if zone.starts_with('-') { -shift } else { shift })
}

/// How far the clocks of a zone are ahead.
fn ahead(millis: i64, zone: &str) -> Option<i64> {
    let year = year_of(millis);
    let sunday = |month: i64, from: i64| {
        // The first Sunday on or after a day of the month; 1970-01-01 was a Thursday.
        let day = days_to(year, month, from);
        (day + (3 - day).rem_euclid(7)) * DAY
    };
    Some(match zone {
        "UTC" => 0,
        "Asia/Kolkata" => 5 * HOUR + HOUR / 2,
        // Summer from the last Sunday of March to the last of October, one in the morning UTC.
        "Europe/Rome" => {
            let summer = sunday(3, 25) + HOUR..sunday(10, 25) + HOUR;
            if summer.contains(&millis) { 2 * HOUR } else { HOUR }
        }
        // From the second Sunday of March to the first of November, two in the morning there.
        "America/New_York" => {
            let summer = sunday(3, 8) + 7 * HOUR..sunday(11, 1) + 6 * HOUR;
            if summer.contains(&millis) { -4 * HOUR } else { -5 * HOUR }
        }
        zone => fixed(zone)?,
    })
}

/// The milliseconds that the clocks of a zone show; `None` beyond the calendar.
fn local(millis: i64, zone: &str) -> Option<i64> {
    let calendar = -DAY * 300..days_to(9999, 12, 1) * DAY;
    calendar.contains(&millis).then_some(())?;
    Some(millis + ahead(millis, zone)?)
}

/// The minute of the day in a zone.
pub(crate) fn minute(millis: i64, zone: &str) -> Option<i64> {
    Some(local(millis, zone)?.rem_euclid(DAY) / 60_000)
}

/// The minutes of the day of a time such as `8:30`.
pub(super) fn time(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    Some(hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?)
}

/// The day in a zone, in days since 1970.
pub(crate) fn today(millis: i64, zone: &str) -> Option<i64> {
    Some(local(millis, zone)?.div_euclid(DAY))
}

/// A date such as `2026-12-31`, in days since 1970.
pub(super) fn date(text: &str) -> Option<i64> {
    Some(instant(&format!("{text}T00:00:00Z"))? / DAY)
}

/// When a day begins in a zone, none of which puts its clocks forward or back at midnight.
pub(super) fn start(date: i64, zone: &str) -> Option<i64> {
    let midnight = date * DAY;
    let about = midnight - ahead(midnight, zone)?;
    Some(midnight - ahead(about, zone)?)
}

/// The day of the week in a zone, from Monday.
pub(super) fn weekday(millis: i64, zone: &str) -> Option<i64> {
    Some((local(millis, zone)?.div_euclid(DAY) + 3).rem_euclid(7))
}

/// A day of the week by name, from Monday.
pub(super) fn day(name: &str) -> Option<i64> {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    i64::try_from(days.iter().position(|day| *day == name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: &str) -> Option<(i64, i64)> {
        let millis = instant(text)?;
        Some((weekday(millis, zone)?, minute(millis, zone)? / 60))
    }

    #[test]
    fn instants_are_counted_from_1970() {
        assert_eq!(instant("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(instant("1970-01-01T01:30:00.25+01:30"), Some(250));
        assert_eq!(instant("2026-03-29T01:00:00Z"), Some(1_774_746_000_000));
    }

    #[test]
    fn days_begin_where_people_are() {
        let begins = |text: &str, zone: &str| start(date(text)?, zone);
        assert_eq!(begins("2026-03-30", "Europe/Rome"), instant("2026-03-29T22:00:00Z"));
        assert_eq!(begins("2026-03-29", "Europe/Rome"), instant("2026-03-28T23:00:00Z"));
        assert_eq!(begins("2026-03-28", "Asia/Kolkata"), instant("2026-03-27T18:30:00Z"));
        assert_eq!(today(1_774_821_600_000, "Europe/Rome"), date("2026-03-30"));
        assert_eq!(time("08:05"), Some(485));
    }

    #[test]
    fn clocks_are_put_forward_and_back_where_people_do() {
        assert_eq!(at("2026-03-29T00:59:59Z", "Europe/Rome"), Some((6, 1)));
        assert_eq!(at("2026-03-29T01:00:00Z", "Europe/Rome"), Some((6, 3)));
        assert_eq!(at("2026-10-25T00:59:59Z", "Europe/Rome"), Some((6, 2)));
        assert_eq!(at("2026-10-25T01:00:00Z", "Europe/Rome"), Some((6, 2)));
        assert_eq!(at("2026-03-08T06:59:59Z", "America/New_York"), Some((6, 1)));
        assert_eq!(at("2026-03-08T07:00:00Z", "America/New_York"), Some((6, 3)));
        assert_eq!(at("2026-03-27T18:30:00Z", "Asia/Kolkata"), Some((5, 0)));
        assert_eq!(at("2026-03-30T00:00:00Z", "-00:30"), Some((6, 23)));
        assert_eq!(at("1970-01-01T00:00:00Z", "America/New_York"), Some((2, 19)));
    }
}
