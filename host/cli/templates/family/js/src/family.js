// The rules of `{{name}}`.
//
// A family is a pure function: a question in, an answer out, nothing kept, nothing else reached.
// So keep nothing in variables of a module and do not use Date or Math.random; time is an input
// (declare `now`). What stands here is a small family that works: documents that have drafts and
// labels. Change it from the top down, and add a row to `tables/` for every rule.

import { names, reader, sameWord } from './inputs.js';
import { manifest } from './manifest.js';
import { validate } from './validate.js';

const rules = { 'doc.view': view, 'doc.share': share };

function evaluate(question) {
  const rule = rules[manifest.permissions[question.permission]];
  return rule(reader(manifest.inputs, question.inputs));
}

/** A draft is for its owner, and so is a label that the tenant withholds. */
function view(read) {
  // Ask for what you need to see: what is unknown is not published, and `names` is false for an
  // owner or a subject who is not known.
  const isMine = names(read('resource.owner'), read('subject.id'));
  if (!isMine && read('resource.published') !== true) return forbid('draft');
  if (!isMine && isWithheld(read)) return forbid('withheld');
  return allow(read);
}

/** Nobody shares a draft or a withheld label, not even its owner. */
function share(read) {
  if (read('resource.published') !== true) return forbid('draft');
  if (isWithheld(read)) return forbid('withheld');
  return allow(read);
}

/**
 * Whether only owners see it. Absent is unknown and could be any label; null is known to be none.
 */
function isWithheld(read) {
  const withheld = read('config.withheld-labels') ?? [];
  const label = read('resource.label');
  if (label === undefined) return withheld.length > 0;
  return label !== null && withheld.some((own) => sameWord(own, label));
}

/** Nothing against it. What is marked as confidential carries a watermark. */
function allow(read) {
  const label = read('resource.label');
  const isMarked = typeof label === 'string' && sameWord(label, 'confidential');
  return answer({ tag: 'abstain' }, isMarked ? ['watermark'] : []);
}

function forbid(code) {
  const reason = manifest.reasons.findIndex((spec) => spec.code === code);
  return answer({ tag: 'forbid', val: reason });
}

function answer(effect, obligations = []) {
  return {
    effect,
    obligations: obligations.map((code) =>
      manifest.obligations.findIndex((spec) => spec.code === code),
    ),
    // The first instant (a BigInt of milliseconds) at which time alone changes the answer. For
    // rules that read `now`.
    until: undefined,
    // Detail for the trace. Prefer coded reasons.
    note: undefined,
  };
}

export const family = {
  describe: () => manifest,
  validate,
  evaluate,
  evaluateBatch: (questions) => questions.map(evaluate),
  // How to answer for all resources at once. `undefined` is always right: the host then asks
  // about each resource.
  plan: () => undefined,
};
