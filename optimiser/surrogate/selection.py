"""The rules by which a model card replays a search's selection among held-out rows."""

from __future__ import annotations

from dataclasses import dataclass

#: Targets that all yields of a picked row must reach, and confidences with which each does (None: the
#: expected yield does).
TARGETS = (0.7, 0.8, 0.9)
CONFIDENCES = (0.5, 0.8, 0.9)
#: Share of a feed's rows that are picked as best, and the target that these are asked for afterwards.
BEST_SHARE, BEST_TARGET = 0.05, 0.9
#: Rules that pick fewer rows are too uncertain to report on.
LEAST_ROWS = 20


@dataclass(frozen=True)
class Rule:
    """How rows are picked among those of a feed, and what picked ones promise.

    Attributes:
        target: that all yields of a picked row are to reach.
        confidence: with which each yield reaches it, None where the expected yield must.
        cheapest: whether the cheapest of those that do so are picked; otherwise the best by recovery of all.
    """

    target: float
    confidence: float | None = None
    cheapest: bool = True

    @property
    def name(self) -> str:
        """E.g. ``recovery``, ``cheapest_0.8``, ``cheapest_0.8_confidence_0.5``."""
        if not self.cheapest:
            return "recovery"
        sure = "" if self.confidence is None else f"_confidence_{self.confidence:g}"
        return f"cheapest_{self.target:g}{sure}"


RULES = (
    Rule(BEST_TARGET, cheapest=False),
    *(Rule(target, confidence) for target in TARGETS for confidence in (None, *CONFIDENCES)),
)
