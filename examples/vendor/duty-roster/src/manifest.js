// What the family is asked about, reads and answers with.

import { configSchema, version } from './generated.js';

export const manifest = {
  id: 'duty-roster',
  version,
  title: 'Duty roster: whoever is on duty may act',
  permissions: ['incident.view', 'incident.dispatch', 'incident.close'],
  kinds: ['incident', 'drill'],
  inputs: [
    { path: 'subject.id', kind: 'text' },
    // The subject's own shifts, each `start/end`.
    { path: 'subject.shifts', kind: 'texts' },
    // Who is on call for the resource: for each person, when, as `start/end`.
    { path: 'resource.on_call', kind: 'table' },
    { path: 'resource.severity', kind: 'text' },
    { path: 'config.handover-minutes', kind: 'integer' },
    { path: 'config.drills-open', kind: 'boolean' },
    { path: 'now', kind: 'instant' },
  ],
  reasons: [
    { code: 'no-roster', text: 'No roster is known, so nobody is known to be on duty.' },
    { code: 'off-duty', text: 'You are neither on duty nor on call now.' },
    { code: 'on-call-only', text: 'An incident is closed by whoever is on duty, not on call.' },
  ],
  obligations: [{ code: 'tell-duty-officer', values: ['incident', 'time'] }],
  requires: ['incident.lead'],
  floors: [],
  configSchema,
};
