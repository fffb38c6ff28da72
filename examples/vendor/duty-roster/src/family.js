// The rules of `duty-roster`: whoever is on duty may act, whoever is on call may help, and
// nobody else sees what goes on.

import { reader } from './inputs.js';
import { manifest } from './manifest.js';
import { plan } from './plan.js';
import { duty, earlier } from './shifts.js';
import { validate } from './validate.js';

/** The answer does not depend on time at all. */
const FOREVER = 2n ** 63n - 1n;

const rules = { 'incident.view': view, 'incident.dispatch': dispatch, 'incident.close': close };

export function evaluate(question) {
  const rule = rules[manifest.permissions[question.permission]];
  const kind = question.kind === undefined ? undefined : manifest.kinds[question.kind];
  return rule(reader(manifest.inputs, question.inputs), kind);
}

/** Everybody on duty or on call looks on. */
function view(read, kind) {
  if (isOpenDrill(read, kind)) return answer({ tag: 'abstain' }, FOREVER);
  const roster = rosterOf(read);
  return roster.refusal ?? answer({ tag: 'abstain' }, roster.until);
}

/**
 * Whoever is on call acts too, and the duty officer learns of it. What is not known to be minor
 * is led by somebody who may; a drill hurts nobody.
 */
function dispatch(read, kind) {
  const roster = rosterOf(read);
  if (roster.refusal) return roster.refusal;
  const duties = roster.isOnDuty ? [] : ['tell-duty-officer'];
  if (kind === 'drill' || read('resource.severity') === 'minor') {
    return answer({ tag: 'abstain' }, roster.until, duties);
  }
  const lead = manifest.requires.indexOf('incident.lead');
  return answer({ tag: 'require', val: lead }, roster.until, duties);
}

/** Closing is for whoever is on duty. */
function close(read) {
  const roster = rosterOf(read);
  if (roster.refusal) return roster.refusal;
  return roster.isOnDuty
    ? answer({ tag: 'abstain' }, roster.until)
    : forbid('on-call-only', roster.until);
}

/** Whether the tenant lets everybody look at this drill. */
export function isOpenDrill(read, kind) {
  return kind === 'drill' && read('config.drills-open') === true;
}

/** Whether the subject's own shifts put them on duty, and until when. */
export function ownDuty(read) {
  const shifts = read('subject.shifts') ?? [];
  return duty(shifts, read('now'), read('config.handover-minutes'));
}

/** Where the subject stands: on duty, on call, or a refusal; and until when. */
function rosterOf(read) {
  const own = ownDuty(read);
  // On duty, it makes no difference who is on call.
  if (own.isOn) return { isOnDuty: true, until: own.next };
  const onCall = read('resource.on_call');
  if (!onCall && !read('subject.shifts')) return { refusal: forbid('no-roster', FOREVER) };

  const me = read('subject.id');
  // Nobody unknown is on call.
  const rows = me ? (onCall ?? []).filter((row) => row.key === me) : [];
  const times = rows.flatMap((row) => row.values);
  const call = duty(times, read('now'), read('config.handover-minutes'));
  const until = earlier(own.next, call.next) ?? FOREVER;
  return call.isOn ? { isOnDuty: false, until } : { refusal: forbid('off-duty', until) };
}

function forbid(code, until) {
  const reason = manifest.reasons.findIndex((spec) => spec.code === code);
  return answer({ tag: 'forbid', val: reason }, until);
}

function answer(effect, until, obligations = []) {
  return {
    effect,
    obligations: obligations.map((code) =>
      manifest.obligations.findIndex((spec) => spec.code === code),
    ),
    until,
    note: undefined,
  };
}

export const family = {
  describe: () => manifest,
  validate,
  evaluate,
  evaluateBatch: (questions) => questions.map(evaluate),
  plan,
};
