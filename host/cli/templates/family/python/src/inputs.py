"""Reading a question by the paths that the manifest declares, and the comparisons that rules
are made of. There is nothing here to change.
"""

from wit_world.exports import family


class _Absent:
    """The caller did not say. Not the same as `None`, which is known to be empty."""

    def __bool__(self):
        return False

    def __repr__(self):
        return "ABSENT"


ABSENT = _Absent()


class Inputs:
    """The values of one question, by path: `ABSENT` where the caller did not say, `None` where
    it said that there is none. A table is a list of rows with `key` and `values`.

    The host sends the values by position and never one of another type than declared.
    """

    def __init__(self, specs, values):
        self._values = {spec.path: value for spec, value in zip(specs, values)}

    def __getitem__(self, path):
        value = self._values[path]
        if value is None:
            return ABSENT
        if isinstance(value, family.Input_Null):
            return None
        return value.value


def names(relation, subject):
    """Whether a relation such as `resource.owner` names that subject. Nobody unknown and no
    empty id is ever named.
    """
    return bool(relation) and bool(subject) and subject in relation


def same_word(a, b):
    """Whether two texts are the same word: `Pending Review`, `pending-review` and
    `pending_review` are. For states and labels; compare ids as they are.
    """
    return _plain(a) == _plain(b)


# ASCII only, like every SDK of Permesso: a word means the same in each of them.
_PLAIN = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_PLAIN.update({ord(" "): "_", ord("-"): "_"})


def _plain(word):
    return word.strip(" \t\n\f\r").translate(_PLAIN)
