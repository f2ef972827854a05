"""What sentences call the parts of a system."""

from __future__ import annotations

from dataclasses import dataclass

from optimiser.systems.system import System


@dataclass(frozen=True)
class Vocabulary:
    """What sentences call what is chosen among, and what dissolves.

    Attributes:
        option, options: one and several of what a search chooses among.
        an_option: one with its article.
        response, responses: one and several of what yields are of.
    """

    option: str
    options: str
    an_option: str
    response: str
    responses: str


_OF_CATHODES = Vocabulary("acid", "acids", "an acid", "metal", "metals")
_OF_ONE_CHOICE = Vocabulary("option", "options", "an option", "response", "responses")
_OF_SEVERAL = Vocabulary("combination", "combinations", "a combination", "response", "responses")


def vocabulary(system: System) -> Vocabulary:
    """Return what sentences call the parts of a system.

    Examples:
        >>> from optimiser.systems.system import cathode
        >>> vocabulary(cathode()).options
        'acids'
    """
    if system.is_cathode:
        return _OF_CATHODES
    return _OF_SEVERAL if len(system.choices) > 1 else _OF_ONE_CHOICE
