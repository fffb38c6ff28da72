//! What a running condition holds besides numbers and texts.
//!
//! A list of roles is shared and scanned in place, a range of addresses and a zone of time are
//! read once, when the condition is compiled: nothing is parsed while a decision waits.

use super::calendar::{HourRange, Weekdays};
use super::dates::DateRange;
use permesso_names::folded;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

/// A short text, kept in place where it is shorter than 24 bytes.
pub(super) type ShortText = rhai::Identifier;

/// A short text of a longer-lived one.
pub(super) fn short(text: &str) -> ShortText {
    text.into()
}

/// A list of texts.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    pub(super) items: Arc<[ShortText]>,
    /// Those that it has perhaps.
    perhaps: Option<Arc<[ShortText]>>,
}

impl Texts {
    /// These, and no others.
    pub(super) fn of(items: impl Into<Arc<[ShortText]>>) -> Self {
        Self { items: items.into(), perhaps: None }
    }

    /// And perhaps these.
    pub(super) fn and_perhaps(self, names: &[&str]) -> Self {
        let perhaps = (!names.is_empty()).then(|| names.iter().map(|name| short(name)).collect());
        Self { perhaps, ..self }
    }

    /// Whether a text is in it; `None` where it is perhaps.
    pub(super) fn contains(&self, wanted: &str) -> Option<bool> {
        let is_in = |items: &[ShortText]| items.iter().any(|item| item == wanted);
        if is_in(&self.items) {
            return Some(true);
        }
        if self.perhaps.as_deref().is_some_and(is_in) { None } else { Some(false) }
    }

    /// The texts that are in it, and those that are perhaps.
    fn each(&self) -> impl Iterator<Item = (&str, bool)> {
        let perhaps = self.perhaps.as_deref().unwrap_or_default();
        let certain = self.items.iter().map(|item| (item.as_str(), true));
        certain.chain(perhaps.iter().map(|item| (item.as_str(), false)))
    }

    /// Whether a text is in both; `None` where one is perhaps.
    pub(super) fn overlap(&self, other: &Self) -> Option<bool> {
        let certain: HashSet<&str> = self.items.iter().map(|item| item.as_str()).collect();
        let all: HashSet<&str> = self.each().map(|(item, _)| item).collect();
        let mut perhaps = false;
        for (item, is_certain) in other.each() {
            if is_certain && certain.contains(item) {
                return Some(true);
            }
            perhaps |= all.contains(item);
        }
        (!perhaps).then_some(false)
    }

    /// The texts without differences of case and of how they are put together.
    pub(super) fn folded(&self) -> Self {
        let fold =
            |items: &Arc<[ShortText]>| items.iter().map(|item| short(&folded(item))).collect();
        Self { items: fold(&self.items), perhaps: self.perhaps.as_ref().map(fold) }
    }

    /// Whether one of these teams is `branch` or lies in it.
    pub(super) fn lie_in(&self, branch: &str) -> bool {
        self.items.iter().any(|team| {
            team.strip_prefix(branch).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// A list of whole numbers.
#[derive(Debug, Clone)]
pub(super) struct Integers(pub(super) Arc<[i64]>);

impl Integers {
    /// Whether a number is in both.
    pub(super) fn overlap(&self, other: &Self) -> bool {
        let mine: HashSet<i64> = self.0.iter().copied().collect();
        other.0.iter().any(|number| mine.contains(number))
    }
}

/// Ranges of addresses.
#[derive(Debug, Clone)]
pub(super) struct Networks(pub(super) Arc<[Network]>);

/// Hours of the day in a zone.
#[derive(Debug, Clone)]
pub(super) struct SharedHours(pub(super) Arc<HourRange>);

/// Days of the week in a zone.
#[derive(Debug, Clone)]
pub(super) struct SharedDays(pub(super) Arc<Weekdays>);

/// Days of the calendar in a zone.
#[derive(Debug, Clone)]
pub(super) struct SharedDates(pub(super) Arc<DateRange>);

/// Why a function refused its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NotAnAddress,
    BeyondCalendar,
    OutOfTime,
    NotANumber,
    Unsettled,
}

/// A range of addresses, as `10.0.0.0/8` or `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    address: u128,
    mask: u128,
    four: bool,
}

impl Network {
    /// Reads a range. An address alone is a range of one. Bits behind the prefix have to be
    /// zero: who writes `10.1.0.0/8` means one of two things.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => {
                let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
                (address, Some(length.parse::<u32>().ok().filter(|_| digits)?))
            }
            None => (text, None),
        };
        let (address, bits) = number(address.parse().ok()?);
        let length = length.unwrap_or(bits);
        if length > bits {
            return None;
        }
        // A shift by the whole width is no shift but an error, so none stands for no bits.
        let mask = u128::MAX.checked_shl(bits - length).unwrap_or(0);
        (address & !mask == 0).then_some(Self { address, mask, four: bits == 32 })
    }

    fn contains(self, address: u128, bits: u32) -> bool {
        self.four == (bits == 32) && address & self.mask == self.address
    }
}

impl Networks {
    /// Whether one of them holds the address; `None` if the text is no address.
    pub(super) fn contain(&self, address: &str) -> Option<bool> {
        let (address, bits) = number(address.parse().ok()?);
        Some(self.0.iter().any(|network| network.contains(address, bits)))
    }
}

/// An address as a number, and of how many bits. An IPv4 address that is written as IPv6 is the
/// IPv4 address: which one a proxy hands on is not the admin's business.
fn number(address: IpAddr) -> (u128, u32) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> Option<bool> {
        Networks([Network::parse(network).unwrap()].into()).contain(address)
    }

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("192.168.1.7", "192.168.1.7", true),
            ("192.168.1.7/32", "192.168.1.8", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.9", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ] {
            assert_eq!(holds(network, address), Some(expected), "{network} {address}");
        }
        assert_eq!(holds("10.0.0.0/8", "10.0.0"), None);
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.1.0.0/8", "::/129", "x/8"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_branch_is_a_team_and_what_lies_below_it() {
        let teams = Texts::of(["sales/east".into(), "support".into()]);
        assert!(teams.lie_in("sales") && teams.lie_in("sales/east") && teams.lie_in("support"));
        assert!(!teams.lie_in("sal") && !teams.lie_in("sales/eas") && !teams.lie_in("sales/"));
    }
}
