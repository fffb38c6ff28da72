//! Hours, days and dates where people are, and until when what they say holds.

use super::*;
use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

/// Zones whose clocks are put forward and back by an hour, by half of one, at midnight, or that
/// are ahead by halves and quarters of an hour.
const ZONES: [&str; 14] = [
    "UTC",
    "Europe/Rome",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Chatham",
    "Pacific/Apia",
    "-03:30",
];

fn zone(name: &str) -> TimeZone {
    match name {
        "-03:30" => TimeZone::fixed(jiff::tz::Offset::from_seconds(-12_600).unwrap()),
        name => TimeZone::get(name).unwrap(),
    }
}

fn at_now(source: &str, now: i64) -> Result<bool, ConditionError> {
    evaluate(source, &[("now", Value::Int(now))])
}

#[test]
fn hours_are_written_with_their_minutes_or_without() {
    for (source, at_half, at_nine) in [
        (r#"hour_in(now, "8:30", "17:30", "UTC")"#, true, true),
        (r#"hour_in(now, "08:31", 18, "UTC")"#, false, true),
        (r#"hour_in(now, 8, "9:00", "UTC")"#, true, false),
        (r#"hour_in(now, "9:00", 18, "UTC")"#, false, true),
        (r#"hour_in(now, "22:15", "8:31", "UTC")"#, true, false),
        (r#"hour_in(now, "14:00", "14:30", "+05:30")"#, true, false),
        (r#"hour_in(now, "8:45", "24:00", "UTC")"#, false, true),
        (r#"now.hour_in("0:00", "8:30", "UTC")"#, false, false),
    ] {
        let says = |now: &str| at_now(source, at(now));
        assert_eq!(says("2026-07-01T08:30:00Z"), Ok(at_half), "{source}");
        assert_eq!(says("2026-07-01T08:30:59.999Z"), Ok(at_half), "{source}");
        assert_eq!(says("2026-07-01T09:00:00Z"), Ok(at_nine), "{source}");
    }
}

#[test]
fn an_hour_that_is_none_is_refused_where_it_stands() {
    assert_snapshot!(refused("hour_in(now, \"8.30\", \"17:30\", \"UTC\")"), @r#"
    1:14: `8.30` is not an hour of a day
      help: write a whole number from 0 to 24, or hours and minutes as `"8:30"`
    "#);
    assert_snapshot!(refused("hour_in(now, 8.5, 17, \"UTC\")"), @r#"
    1:14: `8.5` is not an hour of a day
      help: write a whole number from 0 to 24, or hours and minutes as `"8:30"`
    "#);
    assert_snapshot!(refused("hour_in(now, 8:30, 17:30, \"Europe/Rome\")"), @r#"
    1:15: `:` cannot be used in a condition
      help: write `hour_in(now, 9, 18, "Europe/Rome")` for hours of the day, with minutes as in `"8:30"`, and `instant("2026-07-01T09:00:00Z")` for a moment
    1:22: `:` cannot be used in a condition
      help: write `hour_in(now, 9, 18, "Europe/Rome")` for hours of the day, with minutes as in `"8:30"`, and `instant("2026-07-01T09:00:00Z")` for a moment
    "#);
    for hour in ["24:01", "25:00", "8:60", "8:5", "8:30 pm", "8h30", "", "-8:30", "8:30:00", "9"] {
        let source = format!("hour_in(now, \"{hour}\", 18, \"UTC\")");
        assert!(matches!(mistakes(&source)[..], [Mistake::Literal { .. }]), "{source}");
    }
    for source in [
        r#"hour_in(now, "9:00", 9, "UTC")"#,
        r#"hour_in(now, "24:00", "0:00", "UTC")"#,
        r#"hour_in(now, 0, 24, "UTC")"#,
    ] {
        assert!(matches!(mistakes(source)[..], [Mistake::Constant]), "{source}");
    }
}

#[test]
fn a_date_is_the_moment_at_which_a_day_begins_there() {
    let due = |at: &str| [("resource.due", Value::Int(self::at(at)))];
    let before = r#"resource.due < date("2026-12-31", "Europe/Rome")"#;
    assert!(holds(before, &due("2026-12-30T22:59:59.999Z")));
    assert!(!holds(before, &due("2026-12-30T23:00:00Z")));
    let within = r#"resource.due - date("2026-12-31", "UTC") < days(1)"#;
    assert!(holds(within, &due("2026-12-31T23:59:59Z")));
    let condition = compile(r#"now >= date("2026-12-31", "Europe/Rome")"#);
    assert_eq!(condition.next_change(at("2026-07-01T00:00:00Z")), Some(at("2026-12-30T23:00:00Z")));
}

#[test]
fn days_are_counted_from_the_first_to_the_last_of_them() {
    let holidays = r#"date_in(now, "2026-12-24", "2027-01-06", "Europe/Rome")"#;
    for (now, expected) in [
        ("2026-12-23T22:59:59.999Z", false),
        ("2026-12-23T23:00:00Z", true),
        ("2027-01-06T22:59:59.999Z", true),
        ("2027-01-06T23:00:00Z", false),
    ] {
        assert_eq!(at_now(holidays, at(now)), Ok(expected), "{now}");
    }
    let day = r#"resource.due.date_in("2026-02-28", "2026-02-28", "-11:00")"#;
    assert!(holds(day, &[("resource.due", Value::Int(at("2026-03-01T10:59:59Z")))]));
    assert_eq!(evaluate(day, &[]), Err(ConditionError::Missing(path("resource.due"))));
    for now in [i64::MIN, i64::MAX] {
        assert_eq!(at_now(holidays, now), Err(ConditionError::BeyondCalendar));
    }
    let next = |source: &str, now: &str| compile(source).next_change(at(now));
    let shifted = r#"date_in(now + days(2), "2026-12-24", "2027-01-06", "UTC")"#;
    assert_eq!(next(shifted, "2026-12-01T00:00:00Z"), Some(at("2026-12-22T00:00:00Z")));
    assert_eq!(next(holidays, "2026-12-25T00:00:00Z"), Some(at("2027-01-06T23:00:00Z")));
    let never = compile(holidays).next_change(at("2027-02-01T00:00:00Z")).unwrap();
    assert!(never > at("9999-01-01T00:00:00Z"));
    assert_eq!(compile(day).next_change(0), None);
}

#[test]
fn a_day_that_does_not_exist_is_refused_where_it_stands() {
    assert_snapshot!(refused("resource.due < date(\"2026-02-30\", \"Europe/Rome\")"), @r#"
    1:21: `2026-02-30` is not a date
      help: that month has 28 days; its last one is `"2026-02-28"`
    "#);
    assert_snapshot!(refused("now > instant(\"2026-04-31T09:00:00Z\")"), @r#"
    1:15: `2026-04-31T09:00:00Z` is not an instant
      help: that month has 30 days; its last one is `"2026-04-30"`
    "#);
    assert_snapshot!(refused("date_in(now, \"2026-13-01\", \"31.12.2026\", \"Europe/Roma\")"), @r#"
    1:14: `2026-13-01` is not a date
      help: a year has twelve months, and the month stands before the day: `"2026-12-31"`
    1:28: `31.12.2026` is not a date
      help: write the year, the month and the day: `"2026-12-31"`, and a time by `instant("2026-12-31T18:00:00+01:00")`
    1:42: `Europe/Roma` is not a zone of time
      help: did you mean `"Europe/Rome"`?
    "#);
    assert_snapshot!(refused("now < date(\"2026-1-5\", \"UTC\") || date_in(now, \"2027-01-06\", \"2026-12-24\", \"UTC\")"), @r#"
    1:12: `2026-1-5` is not a date
      help: write `"2026-01-05"`
    1:47: this is always the same, whoever asks
      help: write the first day before the last; both are included
    "#);
    assert_snapshot!(refused("resource.due < date(\"2026-12-31\")"), @r#"
    1:16: `date` takes two arguments, not 1
      help: write `date("2026-12-31", "Europe/Rome")`
    "#);
    assert_snapshot!(refused("resource.due < 2026-12-31"), @r#"
    1:16: a date without quotes cannot be used in a condition
      help: write `date("2026-07-01", "Europe/Rome")` for the beginning of a day there, and `instant("2026-07-01T09:00:00Z")` for a moment
    "#);
    for source in [
        "now > 2026-7-1",
        "now > 31.12.2026",
        "now > 31/12/2026 && resource.shared",
        "resource.amount > 2026-12-31",
        "resource.amount > 2026/12/31",
        "now > 2026-12-31T18:00:00Z",
        "now > (01.02.2026)",
    ] {
        assert_eq!(mistakes(source).len(), 1, "{source}");
        assert!(refused(source).contains("date(\""), "{source}");
    }
    for source in
        ["resource.amount > 2026 - 12 - 31", "resource.rate < 10.5 - 2", "resource.amount > 10/2"]
    {
        compile(source);
    }
}

#[test]
fn an_instant_that_no_clock_shows_is_refused() {
    for text in [
        "2026-07-01T09:00:00+24:00",
        "2026-07-01T09:00:00+02:60",
        "2026-07-01T09:00:60Z",
        "2026-07-01T24:00:00Z",
        "2026-07-01T09:00:00",
        "2026-07-01",
    ] {
        let source = format!("now > instant(\"{text}\")");
        assert!(matches!(mistakes(&source)[..], [Mistake::Literal { .. }]), "{source}");
    }
    compile("now > instant(\"2026-07-01T09:00:00+14:00\")");
}

/// The minutes of the day that the clocks show, asked of the library one by one.
fn shown(zone: &TimeZone, millis: i64) -> (Date, i64) {
    let shown = zone.to_datetime(Timestamp::from_millisecond(millis).unwrap());
    (shown.date(), i64::from(shown.hour()) * 60 + i64::from(shown.minute()))
}

fn clock(minutes: i64) -> String {
    match minutes % 60 {
        0 => (minutes / 60).to_string(),
        rest => format!("\"{}:{rest:02}\"", minutes / 60),
    }
}

/// Walks from one minute to the next until something is otherwise.
fn walk(now: i64, minutes: i64, is: impl Fn(i64) -> bool) -> Option<i64> {
    let first = now - now.rem_euclid(MINUTE) + MINUTE;
    (0..minutes).map(|n| first + n * MINUTE).find(|at| is(*at) != is(now))
}

/// An instant near one at which the clocks of a zone are put forward or back, most of the time.
fn near(zone: &TimeZone, from: i64, off: i64) -> i64 {
    let shift = zone.following(Timestamp::from_millisecond(from).unwrap()).next();
    shift.map_or(from, |shift| shift.timestamp().as_millisecond()) + off
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn hours_are_what_a_walk_over_every_minute_finds(
        name in prop::sample::select(ZONES.to_vec()),
        from in 0..1_440_i64,
        length in 1..1_440_i64,
        start in 1_000_000_000_000_i64..2_000_000_000_000,
        off in -172_800_000_i64..86_400_000,
    ) {
        let zone = self::zone(name);
        let to = (from + length) % 1_440;
        let now = near(&zone, start, off);
        let source = format!("hour_in(now, {}, {}, \"{name}\")", clock(from), clock(to));
        let naive = |at: i64| {
            let (_, minute) = shown(&zone, at);
            if from < to { from <= minute && minute < to } else { from <= minute || minute < to }
        };
        prop_assert_eq!(at_now(&source, now), Ok(naive(now)), "{}", source);
        let next = compile(&source).next_change(now);
        prop_assert_eq!(next, walk(now, 3 * 1_440, naive), "{} at {}", source, now);
        // The same some time later.
        let later = compile(&source.replace("now", "now + minutes(45)"));
        let next = walk(now + 45 * MINUTE, 3 * 1_440, naive).map(|at| at - 45 * MINUTE);
        prop_assert_eq!(later.next_change(now), next);
    }

    #[test]
    fn days_are_what_a_walk_over_every_minute_finds(
        name in prop::sample::select(ZONES.to_vec()),
        start in 1_000_000_000_000_i64..2_000_000_000_000,
        off in -172_800_000_i64..86_400_000,
        begins in -2..2_i64,
        length in 0..3_i64,
    ) {
        use jiff::ToSpan;
        let zone = self::zone(name);
        let now = near(&zone, start, off);
        let (today, _) = shown(&zone, now);
        let first = today.checked_add(begins.days()).unwrap();
        let last = first.checked_add(length.days()).unwrap();
        let source = format!("date_in(now, \"{first}\", \"{last}\", \"{name}\")");
        let naive = |at: i64| (first..=last).contains(&shown(&zone, at).0);
        prop_assert_eq!(at_now(&source, now), Ok(naive(now)), "{}", source);
        let next = compile(&source).next_change(now);
        let walked = walk(now, 7 * 1_440, naive);
        match walked {
            Some(at) => prop_assert_eq!(next, Some(at), "{} at {}", source, now),
            None => prop_assert!(next.unwrap() > now + 7 * 1_440 * MINUTE, "{} at {}", source, now),
        }
        // A day begins where the clocks first show it.
        let begun = |at: i64| shown(&zone, at).0 >= first;
        let from = now - 5 * 86_400_000;
        let source = format!("now >= date(\"{first}\", \"{name}\")");
        prop_assert_eq!(compile(&source).next_change(from), walk(from, 12 * 1_440, begun));
    }
}
