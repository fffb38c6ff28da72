"""Answers for all resources at once."""

from inputs import Inputs
from manifest import MANIFEST
from wit_world.exports.family import (
    Input_Texts,
    Named,
    PlanCase,
    Question,
    Term_Constant,
    Term_Names,
)

PATHS = [spec.path for spec in MANIFEST.inputs]
ME = PATHS.index("subject.id")
REQUESTER = PATHS.index("resource.requester")


def plan(question, evaluate):
    """Seeing depends on one thing of a payment, whether its requester is the subject. Approving
    depends on how many people approved it, which cannot be put as a condition, so each payment is
    asked about.
    """
    if MANIFEST.permissions[question.permission] != "payment.view" or ME in question.open:
        return None

    def given(requester):
        inputs = list(question.inputs)
        if REQUESTER in question.open:
            inputs[REQUESTER] = requester
        return evaluate(Question(question.permission, question.kind, inputs))

    others = PlanCase([Term_Constant(True)], given(None))
    me = Inputs(MANIFEST.inputs, question.inputs)["subject.id"]
    # Nobody unknown is a requester.
    if REQUESTER not in question.open or not me:
        return [others]
    return [PlanCase([Term_Names(Named(REQUESTER, me))], given(Input_Texts([me]))), others]
