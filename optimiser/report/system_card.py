"""The model card of a system's yield model as a page to read: data, faults, accuracy, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optimiser.surrogate.calibration import INTERVAL_KEY, INTERVAL_PERCENT
from optimiser.surrogate.packing import SHIPPED

_HELD = {"row": "rows at random", "experiment": "whole experiments", "study": "whole studies"}
Answers = Mapping[str, Mapping[str, Mapping[str, Any]]]


def system_card(name: str, card: Mapping[str, Any], answers: Answers) -> str:
    """Return the card as Markdown.

    Args:
        name: of the artefact.
        card: as it is written beside the arrays.
        answers: of `optimiser evaluate --surrogate`.
    """
    system, training = card["system"], card["training"]
    lines = [
        f"# {name}: yields of {system['name']}",
        "",
        f"**{card['transfer']}**",
        "",
        "## Data",
        "",
        *_table(
            ("what", "how many or which"),
            [
                ("Rows", training["rows"]),
                ("Experiments", training["experiments"]),
                ("Studies", training["studies"]),
                ("Feeds", ", ".join(system["feeds"])),
                ("Options", ", ".join(" / ".join(map(str, o)) or "any" for o in system["options"])),
                ("sha256 of the table", f"`{training['sha256']}`"),
                ("Source", card["data"]["source"] or "not stated"),
            ],
        ),
        *_table(
            ("setpoint", "unit", "least", "most", "step"),
            [
                (v["label"], v["unit"], f"{v['low']:g}", f"{v['high']:g}", f"{v['step']:g}")
                for v in system["variables"]
            ],
        ),
        *_table(("response", "rows"), list(training["rows_per_metal"].items())),
        *(["What a reader of the table must know:", ""] if card["notes"] else []),
        *(f"- {note}" for note in card["notes"]),
        *([""] if card["notes"] else []),
        "## Model",
        "",
        f"{card['model']}. `card.yaml` has every setting.",
        "",
        "## Accuracy on held-out data",
        "",
        "Mean absolute errors in points of yield (per cent). Every model had the same folds; `constant` is "
        "the mean of the training rows.",
        "",
        *_accuracy(card, answers),
        *_by_response(answers),
        "## Intervals",
        "",
        *_table(
            ("held out", f"{INTERVAL_PERCENT} intervals hold"),
            [
                (_HELD[protocol], f"{100.0 * by[SHIPPED]['overall']['coverage'][INTERVAL_KEY]:.1f} %")
                for protocol, by in answers.items()
            ],
        ),
        "## Limits",
        "",
        *(f"- {limit}" for limit in card["limits"]),
        "",
    ]
    return "\n".join(lines)


def _accuracy(card: Mapping[str, Any], answers: Answers) -> list[str]:
    models = list(next(iter(answers.values())))
    heads = ("model", *(_HELD[protocol] for protocol in answers))
    rows = [
        (model, *(f"{100.0 * answers[protocol][model]['overall']['mae']:.1f}" for protocol in answers))
        for model in models
    ]
    how = [f"- {_HELD[protocol].capitalize()}: {said}." for protocol, said in card["folds"].items()]
    return [*_table(heads, rows), *how, ""]


def _by_response(answers: Answers) -> list[str]:
    heads = ("response", *(f"{_HELD[protocol]}: error, R2" for protocol in answers))
    responses = list(next(iter(answers.values()))[SHIPPED]["by"])
    rows = [
        (response, *(_figures(answers[protocol][SHIPPED]["by"][response]) for protocol in answers))
        for response in responses
    ]
    return _table(heads, rows)


def _figures(said: Mapping[str, Any]) -> str:
    if said["mae"] is None:
        return "not predictable"
    share = "" if said["r2"] is None else f", {said['r2']:.2f}"
    return f"{100.0 * said['mae']:.1f}{share}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return [*lines, ""]


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
