// Shifts: texts such as `2026-07-01T06:00:00Z/2026-07-01T14:00:00+02:00`, and whether an instant
// lies within one. All instants are BigInts of milliseconds, as the host passes them.
//
// `Date` is not used: it can read a clock, and what it makes of a text that is no instant
// differs from engine to engine.

const SECOND = 1000n;
const MINUTE = 60n * SECOND;
const DAY = 24n * 60n * MINUTE;
/** The widest handover that counts. */
const MAX_HANDOVER = 120n;

/**
 * Whether `now` lies within one of these shifts, and the next instant at which that could be
 * different. What is no shift counts for nothing; whoever wrote it is not on duty by it.
 */
export function duty(texts, now, handoverMinutes) {
  const none = { isOn: false, next: undefined };
  if (typeof now !== 'bigint') return none;
  const margin = handover(handoverMinutes);
  return texts.map(shift).reduce((found, interval) => {
    if (interval === undefined) return found;
    const start = interval.start - margin;
    const end = interval.end + margin;
    return {
      isOn: found.isOn || (start <= now && now < end),
      next: [start, end].filter((edge) => now < edge).reduce(earlier, found.next),
    };
  }, none);
}

/** The earlier of two instants, either of which may be missing. */
export function earlier(a, b) {
  if (a === undefined) return b;
  return b === undefined || a < b ? a : b;
}

/** A handover that `validate` would refuse gives nobody more time. */
function handover(minutes) {
  const counts = typeof minutes === 'bigint' && 0n <= minutes && minutes <= MAX_HANDOVER;
  return counts ? minutes * MINUTE : 0n;
}

function shift(text) {
  const [start, end, ...more] = text.split('/').map(instant);
  const isShift = start !== undefined && end !== undefined && more.length === 0 && start < end;
  return isShift ? { start, end } : undefined;
}

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?(?:Z|([+-])(\d\d):(\d\d))$/;

function instant(text) {
  const parts = INSTANT.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second, , aheadHours, aheadMinutes] = parts
    .slice(1)
    .map((part) => BigInt(/^\d+$/.test(part ?? '') ? part : 0));
  if (month < 1n || 12n < month || day < 1n || daysOf(year, month) < day) return undefined;
  if (23n < hour || 59n < minute || 59n < second) return undefined;
  if (23n < aheadHours || 59n < aheadMinutes) return undefined;
  const offset = (aheadHours * 60n + aheadMinutes) * MINUTE * (parts[7] === '-' ? -1n : 1n);
  return (
    daysSince1970(year, month, day) * DAY +
    (hour * 60n + minute) * MINUTE +
    second * SECOND -
    offset
  );
}

function daysOf(year, month) {
  if (month === 2n) return isLeap(year) ? 29n : 28n;
  return [4n, 6n, 9n, 11n].includes(month) ? 30n : 31n;
}

function isLeap(year) {
  return year % 4n === 0n && (year % 100n !== 0n || year % 400n === 0n);
}

/** Counts in eras of 400 years that begin in March, so that a leap day is the last of a year. */
function daysSince1970(year, month, day) {
  const shifted = month <= 2n ? year - 1n : year;
  const era = (shifted >= 0n ? shifted : shifted - 399n) / 400n;
  const yearOfEra = shifted - era * 400n;
  const dayOfYear = (153n * ((month + 9n) % 12n) + 2n) / 5n + day - 1n;
  const dayOfEra = yearOfEra * 365n + yearOfEra / 4n - yearOfEra / 100n + dayOfYear;
  return era * 146_097n + dayOfEra - 719_468n;
}
