"""The model card as a page to read: data, model, accuracy on held-out data and calibration.

The text is in ``assets/model_card.md``; here are its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from optimiser._io import builtin
from optimiser._io.yamlfile import read_yaml
from optimiser.report.caveats import selected_figures
from optimiser.report.skill import KINDS
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.calibration import INTERVAL_KEY, INTERVAL_PERCENT
from optimiser.surrogate.stoichiometry import LIMIT
from optimiser.training.duplicates import CONTRADICTION, Repeat
from optimiser.training.scores import LEVELS

#: Skill of site models on held-out studies, in ``models``.
SITE_FIGURES = "learning.yaml"
_FIGURES = ("r2", "mae", "medae", "mse", "rmse")
_HELD = {
    "experiment": "whole experiments",
    "study": "whole studies",
    "random": "random rows (the Toolkit's split)",
}
_GROUPS = {
    "experiment": ("metal", "acid", "chemistry", "yield_range", "domain"),
    "study": ("acid", "acid_known"),
}
Answers = Mapping[str, Mapping[str, Any]]


def model_card(surrogate: Surrogate, answers: Answers, repeats: Sequence[Repeat]) -> str:
    """Return the card as Markdown.

    Args:
        surrogate: the fitted model.
        answers: of `optimiser evaluate --as-published` for it, by protocol.
        repeats: rows of the training table with the same conditions.
    """
    card, settings = surrogate.card, surrogate.card["hyperparameters"]
    environment = Environment(
        loader=PackageLoader("optimiser.report", "assets"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown
    )
    return environment.get_template("model_card.md").render(
        name=surrogate.name,
        sha256=surrogate.sha256,
        training=card["training"],
        data=card["data"],
        acids=len(surrogate.acids),
        repeats=repeats,
        contradiction=CONTRADICTION,
        excess=100 * (LIMIT - 1),
        members=[_member(member) for member in settings["members"]],
        seed=settings["random_state"],
        slack=card["slack"],
        anchors=surrogate.anchors,
        method=card["calibration"]["method"],
        domain=surrogate.domain,
        growth=surrogate.calibration.growth,
        percent=INTERVAL_PERCENT,
        coverage_heads=[f"{100 * level:g} % hold" for level in LEVELS],
        coverage=[
            [held, *map(_percent, overall["coverage"].values()), _number(overall["interval_score"])]
            for held, overall in ((held, answers[protocol]["overall"]) for protocol, held in _HELD.items())
        ],
        groups={
            _HELD[protocol]: _by_group(answers[protocol]["by"], _GROUPS[protocol]) for protocol in _GROUPS
        },
        outside=[_outside(protocol, answers[protocol]["by"]["domain"]) for protocol in _GROUPS],
        selected=[
            [_HELD[protocol], rule, figures["n"], *map(_number, list(figures.values())[1:])]
            for protocol, rules in selected_figures(card).items()
            for rule, figures in rules.items()
        ],
        own_results=[
            [
                own,
                *map(_number, (s["r2"], s["mae"])),
                _percent(s["coverage"]),
                *map(_number, (s["winkler"], s["base_winkler"])),
            ]
            for own, s in read_yaml(builtin.folder("models") / SITE_FIGURES).data["skill"].items()
        ],
        **_accuracy(answers),
    )


def _member(member: Mapping[str, Any]) -> list[Any]:
    signs = [f"+{column}" for column in member["rising"]] + [f"-{column}" for column in member["falling"]]
    return [
        member["name"],
        "pairs of rows" if member["paired"] else "rows",
        len(member["columns"]),
        f"{member['trees']} of {member['leaves']} leaves",
        ", ".join(signs) or "free",
    ]


def _accuracy(answers: Answers) -> dict[str, Any]:
    """Return the rows of the table of accuracy, the paper's own last, and where these are from."""
    counted = {"overall": "present metals", "as_published": "as published"}
    rows = [
        [held, counted[kind], *_figures(answers[protocol][kind])]
        for protocol, held in _HELD.items()
        for kind in counted
        if kind in answers[protocol]
    ]
    seed = read_yaml(builtin.folder("models") / "seed_paper.yaml").data
    rows += [
        [f"random rows: {name} of the Toolkit's paper", "as published", *_figures(figures)]
        for name, figures in seed["models"].items()
    ]
    return {"accuracy": rows, "paper": seed["source"]["doi"]}


def _by_group(by: Mapping[str, Any], kinds: Sequence[str]) -> list[list[Any]]:
    return [
        [
            KINDS[kind].capitalize(),
            name,
            s["experiments"],
            _number(s["r2"]),
            _number(s["mae"]),
            _percent(s["coverage"][INTERVAL_KEY]),
        ]
        for kind in kinds
        for name, s in by[kind].items()
    ]


def _outside(protocol: str, domain: Mapping[str, Any]) -> list[str]:
    inside, outside = domain["inside"], domain["outside"]
    share = outside["values"] / (inside["values"] + outside["values"])
    return [_HELD[protocol], f"{100 * share:.0f} %", _number(inside["mae"]), _number(outside["mae"])]


def _figures(figures: Mapping[str, Any]) -> list[str]:
    return [_number(figures.get(name)) for name in _FIGURES]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
