"""The rules by which a model card replays a search's selection among held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Targets that all yields of a picked row must reach, and confidences with which each does (None: the
#: expected yield does).
TARGETS = (0.7, 0.8, 0.9)
CONFIDENCES = (0.5, 0.8, 0.9)
#: Share of a feed's rows that are picked as best, and the target that these are asked for afterwards.
BEST_SHARE, BEST_TARGET = 0.05, 0.9
CHEAPEST_SHARE = 0.2  # of a feed's feasible rows that are picked as cheapest
#: Rules that pick fewer rows are too uncertain to report on.
LEAST_ROWS = 20


@dataclass(frozen=True)
class Rule:
    """How rows are picked among those of a feed, and what picked ones promise.

    Attributes:
        target: that all yields of a picked row are to reach.
        confidence: with which each yield reaches it, None where the expected yield must.
        cheapest: whether the cheapest of those that do so are picked; otherwise the best by recovery of all.
        joint: whether the confidence is that all yields reach the target at once.
        one: whether the one cheapest row of each feed is picked, not the cheapest fifth.
    """

    target: float
    confidence: float | None = None
    cheapest: bool = True
    joint: bool = False
    one: bool = False

    @property
    def name(self) -> str:
        """E.g. ``recovery``, ``cheapest_0.8``, ``cheapest_0.8_confidence_0.5``, ``..._joint_0.5``."""
        if not self.cheapest:
            return "recovery"
        how = "joint" if self.joint else "confidence"
        sure = "" if self.confidence is None else f"_{how}_{self.confidence:g}"
        return f"cheapest_{self.target:g}{sure}"

    @property
    def share(self) -> float:
        """Share of a feed's competing rows that are picked, at least one."""
        if not self.cheapest:
            return BEST_SHARE
        return 0.0 if self.one else CHEAPEST_SHARE


RULES = (
    Rule(BEST_TARGET, cheapest=False),
    *(Rule(target, confidence) for target in TARGETS for confidence in (None, *CONFIDENCES)),
    *(Rule(target, confidence, joint=True) for target in TARGETS for confidence in CONFIDENCES),
)
#: Rules by which figures are told, each alone.
EACH: Mapping[str, tuple[Rule, ...]] = {rule.name: (rule,) for rule in RULES}
#: Joint rules of all targets together, since few rows are picked at one: of each feed the cheapest fifth, and
#: the one cheapest row.
POOLS: Mapping[str, tuple[Rule, ...]] = {
    f"joint_{confidence:g}{'_one' if one else ''}": tuple(
        Rule(target, confidence, joint=True, one=one) for target in TARGETS
    )
    for one in (False, True)
    for confidence in CONFIDENCES
}
