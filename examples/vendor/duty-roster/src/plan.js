// Answers for all resources at once.

import { evaluate, isOpenDrill, ownDuty } from './family.js';
import { reader } from './inputs.js';
import { manifest } from './manifest.js';

const position = (path) => manifest.inputs.findIndex((spec) => spec.path === path);
const SEVERITY = position('resource.severity');
const ON_CALL = position('resource.on_call');

const EVERY = { tag: 'constant', val: true };
const MINOR = { tag: 'text', val: 'minor' };
const IS_MINOR = { tag: 'compare', val: { input: SEVERITY, comparison: 'equal', value: MINOR } };

/**
 * Where the subject is on duty, or the tenant's drills are open, who is on call does not matter,
 * and severity only by being minor or not. Otherwise `undefined`: whether a table names somebody
 * at an hour cannot be put as a condition, so each resource is asked about.
 */
export function plan(question) {
  const open = Array.from(question.open);
  if (open.some((input) => input !== SEVERITY && input !== ON_CALL)) return undefined;
  if (open.includes(ON_CALL) && !isSettled(question)) return undefined;

  const given = (severity) => {
    const inputs = Array.from(question.inputs);
    if (open.includes(SEVERITY)) inputs[SEVERITY] = severity;
    return evaluate({ permission: question.permission, kind: question.kind, inputs });
  };
  const others = { condition: [EVERY], answer: given(undefined) };
  if (!open.includes(SEVERITY)) return [others];
  return [{ condition: [IS_MINOR], answer: given(MINOR) }, others];
}

/** Whether the answer is the same whoever is on call. */
function isSettled({ permission, kind, inputs }) {
  const read = reader(manifest.inputs, inputs);
  const isView = manifest.permissions[permission] === 'incident.view';
  const kindName = kind === undefined ? undefined : manifest.kinds[kind];
  return (isView && isOpenDrill(read, kindName)) || ownDuty(read).isOn;
}
