"""The rules of `four-eyes`: who requests a payment does not approve it, large ones are approved
by two people and by somebody who may, and the requester always sees what they requested.
"""

from inputs import ABSENT, Inputs, names
from manifest import DEFAULT_LARGE_FROM, DEFAULT_SECOND_FROM, MANIFEST
from plan import plan
from validate import validate
from wit_world import exports
from wit_world.exports.family import (
    Answer,
    Effect_Abstain,
    Effect_Floor,
    Effect_Forbid,
    Effect_Require,
)


def evaluate(question):
    """Answers one question."""
    rule = RULES[MANIFEST.permissions[question.permission]]
    kind = None if question.kind is None else MANIFEST.kinds[question.kind]
    return rule(Inputs(MANIFEST.inputs, question.inputs), kind)


def view(inputs, _kind):
    """The requester sees it, granted or not. For everybody else it is the engine's to decide."""
    if names(inputs["resource.requester"], inputs["subject.id"]):
        return floor("requester-sees")
    return answer(Effect_Abstain())


def approve(inputs, kind):
    """One approval of one or two."""
    reason = conflict(inputs)
    if reason is not None:
        return forbid(reason)
    if inputs["subject.id"] in (inputs["resource.approvals"] or []):
        return forbid("already-approved")

    is_first = len(approvers(inputs)) == 0
    duties = ["await-second"] if is_first and approvals_needed(inputs, kind) > 1 else []
    if inputs["resource.amount"] >= threshold(inputs["config.large-from"], DEFAULT_LARGE_FROM):
        return answer(Effect_Require(MANIFEST.requires.index("payment.approve_large")), duties)
    return answer(Effect_Abstain(), duties)


def release(inputs, kind):
    """Paying out, once enough people have approved it."""
    reason = conflict(inputs)
    if reason is not None:
        return forbid(reason)
    if len(approvers(inputs)) < approvals_needed(inputs, kind):
        return forbid("approvals-missing")
    return answer(Effect_Abstain())


def conflict(inputs):
    """Why the subject has nothing to do with approving this, if so. What is not known could be
    what forbids it, so it has to be known.
    """
    if not inputs["subject.id"] or not any(inputs["resource.requester"] or []):
        return "unknown-people"
    if names(inputs["resource.requester"], inputs["subject.id"]):
        return "own-request"
    # Nothing costs less than nothing.
    amount = inputs["resource.amount"]
    if amount is ABSENT or amount is None or amount < 0:
        return "unknown-amount"
    if inputs["resource.approvals"] is ABSENT:
        return "unknown-approvals"
    return None


def approvers(inputs):
    """The people whose approval counts: each once, and not the requester's."""
    approvals = inputs["resource.approvals"] or []
    return {name for name in approvals if name and name not in inputs["resource.requester"]}


def approvals_needed(inputs, kind):
    """Two for what is large, and for whatever is not known to be a plain payment."""
    second_from = threshold(inputs["config.second-from"], DEFAULT_SECOND_FROM)
    return 2 if kind != "payment" or inputs["resource.amount"] >= second_from else 1


def threshold(configured, default):
    """The amount that a tenant set. Without one the default counts, never no limit at all."""
    return default if configured is ABSENT or configured is None else configured


def forbid(code):
    """Deny, for that reason."""
    return answer(Effect_Forbid(reason_index(code)))


def floor(code):
    """Pass even without a grant, for that reason."""
    return answer(Effect_Floor(reason_index(code)))


def reason_index(code):
    return [spec.code for spec in MANIFEST.reasons].index(code)


def answer(effect, obligations=()):
    codes = [spec.code for spec in MANIFEST.obligations]
    # No rule reads `now`, so no answer ends by itself.
    return Answer(effect, [codes.index(code) for code in obligations], until=None, note=None)


RULES = {"payment.view": view, "payment.approve": approve, "payment.release": release}


class Family(exports.Family):
    """What the component exports."""

    def describe(self):
        return MANIFEST

    def validate(self, config):
        return validate(config)

    def evaluate(self, question):
        return evaluate(question)

    def evaluate_batch(self, questions):
        return [evaluate(question) for question in questions]

    def plan(self, question):
        return plan(question, evaluate)
