"""The rules of `{{name}}`.

A family is a pure function: a question in, an answer out, nothing kept, nothing else reached. So
keep nothing in variables of a module, and import neither `random` nor `time`; time is an input
(declare `now`). What stands here is a small family that works: documents that have drafts and
labels. Change it from the top down, and add a row to `tables/` for every rule.
"""

from inputs import ABSENT, Inputs, names, same_word
from manifest import MANIFEST
from validate import validate
from wit_world import exports
from wit_world.exports.family import Answer, Effect_Abstain, Effect_Forbid


def evaluate(question):
    """Answers one question."""
    rule = RULES[MANIFEST.permissions[question.permission]]
    return rule(Inputs(MANIFEST.inputs, question.inputs))


def view(inputs):
    """A draft is for its owner, and so is a label that the tenant withholds."""
    # Ask for what you need to see: what is unknown is not published, and `names` is false for an
    # owner or a subject who is not known.
    is_mine = names(inputs["resource.owner"], inputs["subject.id"])
    if not is_mine and inputs["resource.published"] is not True:
        return forbid("draft")
    if not is_mine and is_withheld(inputs):
        return forbid("withheld")
    return allow(inputs)


def share(inputs):
    """Nobody shares a draft or a withheld label, not even its owner."""
    if inputs["resource.published"] is not True:
        return forbid("draft")
    if is_withheld(inputs):
        return forbid("withheld")
    return allow(inputs)


def is_withheld(inputs):
    """Whether only owners see it. Absent is unknown and could be any label; `None` is known to
    be none.
    """
    withheld = inputs["config.withheld-labels"] or []
    label = inputs["resource.label"]
    if label is ABSENT:
        return len(withheld) > 0
    return label is not None and any(same_word(own, label) for own in withheld)


def allow(inputs):
    """Nothing against it. What is marked as confidential carries a watermark."""
    label = inputs["resource.label"]
    is_marked = isinstance(label, str) and same_word(label, "confidential")
    return answer(Effect_Abstain(), ["watermark"] if is_marked else [])


def forbid(code):
    """Deny, for that reason."""
    codes = [spec.code for spec in MANIFEST.reasons]
    return answer(Effect_Forbid(codes.index(code)))


def answer(effect, obligations=()):
    """An answer. `until` is the first instant, in milliseconds, at which time alone changes it,
    for rules that read `now`; `note` is detail for the trace, where coded reasons are better.
    """
    codes = [spec.code for spec in MANIFEST.obligations]
    return Answer(effect, [codes.index(code) for code in obligations], until=None, note=None)


RULES = {"doc.view": view, "doc.share": share}


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
        # How to answer for all resources at once. `None` is always right: the host then asks
        # about each resource.
        return None
