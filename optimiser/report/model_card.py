"""The model card as a page to read: what the yield model is, how good and how sure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optimiser._io import builtin
from optimiser._io.yamlfile import read_yaml
from optimiser.surrogate.artefact import Surrogate
from optimiser.training.duplicates import Repeat

FILE = "MODEL_CARD.md"
_FIGURES = {"r2": "R2", "mae": "MAE", "medae": "MedAE", "mse": "MSE", "rmse": "RMSE"}
_HELD = {
    "experiment": "whole experiments",
    "study": "whole studies",
    "random": "random rows (the Toolkit's split)",
}
_GROUPS = {
    "metal": "Metal",
    "acid": "Acid",
    "chemistry": "Cathode chemistry",
    "yield_range": "Predicted yield",
    "domain": "Applicability domain",
}
_STUDY_GROUPS = {"acid": "Acid", "acid_known": "Acid in the fold's data"}
Answers = Mapping[str, Mapping[str, Any]]


def model_card(surrogate: Surrogate, answers: Answers, repeats: Sequence[Repeat]) -> str:
    """Return the card as Markdown.

    Args:
        surrogate: the fitted model.
        answers: of `optimiser evaluate --as-published` for it, by protocol.
        repeats: rows of the training table with the same conditions.
    """
    parts = (
        _head(surrogate),
        _data(surrogate, repeats),
        _model(surrogate),
        _skill(answers),
        _calibration(surrogate, answers),
        _domain(surrogate, answers),
        _selected(surrogate),
        _limits(),
    )
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(surrogate: Surrogate) -> list[str]:
    return [
        f"# Model card: {surrogate.name}",
        "",
        "Written by `optimiser evaluate --card`; do not edit. It belongs to the artefact with sha256 "
        f"`{surrogate.sha256}`.",
        "",
        "**Intended use.** Yields of Li, Ni, Mn and Co when a layered oxide or spinel cathode is leached "
        "with one "
        "acid, to choose what to try next and to compare acids inside the applicability domain. Not for "
        "black mass "
        "with much copper, aluminium or binder, mixtures of acids, continuous leaching, or release without "
        "an experiment.",
    ]


def _data(surrogate: Surrogate, repeats: Sequence[Repeat]) -> list[str]:
    training = surrogate.card["training"]
    contrary = [repeat for repeat in repeats if repeat.contradictory]
    worst = max((repeat.apart for repeat in repeats), default=0.0)
    return [
        "## Data",
        f"{training['rows']} rows, {training['experiments']} experiments, {training['studies']} studies, "
        f"{len(surrogate.acids)} acids; sha256 `{training['sha256']}`.",
        surrogate.card["data"]["citation"] + f" ({surrogate.card['data']['licence']} licence, "
        f"{surrogate.card['data']['copyright']}).",
        "",
        "Its faults, and what is done about them:",
        f"- {training['masked_yields']} yields of metals that the feed does not contain are written as "
        "numbers: masked, in fitting and in all figures below unless said.",
        f"- {len(repeats)} groups of rows state the same conditions; in {len(contrary)} of them yields "
        f"differ by more than 0.05, by {worst:.2f} at most: kept. No model can be better than that.",
        f"- {training['breaking_stoichiometry']} rows dissolve over 11 % more charge than their acid offers, "
        "most likely solids that are not all cathode: fitted on, but no support in the domain.",
        "- The peroxide column mixes conventions, up to about 4 x apart: kept as it is; every report says "
        "so.",
        "- Kinetic curves put up to dozens of rows into one experiment: members on rows weigh them down, and "
        "figures are told for whole experiments and studies held out.",
    ]


def _model(surrogate: Surrogate) -> list[str]:
    said = surrogate.card["hyperparameters"]
    rows = [
        [
            member["name"],
            "pairs of rows" if member["paired"] else "rows",
            str(len(member["columns"])),
            f"{member['trees']} of {member['leaves']} leaves",
            ", ".join([f"+{c}" for c in member["rising"]] + [f"-{c}" for c in member["falling"]]) or "free",
        ]
        for member in said["members"]
    ]
    return [
        "## Model",
        f"{len(rows)} members, fitted by LightGBM (seed {said['random_state']}). The mean of those that are "
        "monotone in every setpoint leads; the others may move it by "
        f"{100 * surrogate.card['slack']:.2f} points of yield at most. Stretched about one half by 5 %, cut "
        "to 0-1, and turned into the mean of the calibrated distribution. Held-out yields below are means "
        "over the default tolerances of a plant.",
        "",
        *_table(("member", "fitted on", "columns", "trees", "monotone in"), rows),
        "",
        f"Members on pairs compare a design with {surrogate.anchors} anchors, rows chosen to speak for all.",
    ]


def _skill(answers: Answers) -> list[str]:
    rows = []
    for protocol, held in _HELD.items():
        answer = answers[protocol]
        rows.append([held, "present metals", *_figures(answer["overall"])])
        if "as_published" in answer:
            rows.append([held, "as published", *_figures(answer["as_published"])])
    seed = read_yaml(builtin.folder("models") / "seed_paper.yaml").data
    rows += [
        [f"random rows: {name} of the Toolkit's paper", "as published", *_figures(figures)]
        for name, figures in seed["models"].items()
    ]
    return [
        "## Skill on what was held out",
        "",
        *_table(("held out", "counted", *_FIGURES.values()), rows),
        "",
        f"The last rows are Table 2 of the paper (doi:{seed['source']['doi']}). A random split flatters: "
        "most test "
        "rows have other times of their own experiment in training. The first row is what to expect near "
        "the data, the second what to expect of a new laboratory.",
        "",
        "The settings were chosen on these folds, among some sixty variants (docs/model.md): expect a "
        "little less.",
    ]


def _calibration(surrogate: Surrogate, answers: Answers) -> list[str]:
    rows = [
        [
            _HELD[protocol],
            *(f"{100 * share:.1f} %" for share in answers[protocol]["overall"]["coverage"].values()),
            f"{answers[protocol]['overall']['interval_score']:.3f}",
        ]
        for protocol in _HELD
    ]
    lines = [
        "## Calibration",
        surrogate.card["calibration"]["method"] + ". Folds that calibrate are not the fold that is measured; "
        "the limits of the applicability domain and the stretch were set on all folds.",
        "",
        *_table(("held out", "50 % hold", "80 % hold", "90 % hold", "interval score (90 %)"), rows),
    ]
    for protocol, kinds in (("experiment", _GROUPS), ("study", _STUDY_GROUPS)):
        lines += [
            "",
            f"By group, {_HELD[protocol]} held out:",
            "",
            *_by_group(answers[protocol]["by"], kinds),
        ]
    return lines


def _by_group(by: Mapping[str, Any], kinds: Mapping[str, str]) -> list[str]:
    rows = [
        [title, name, str(s["experiments"]), _number(s["r2"]), _number(s["mae"]), _percent(s["coverage"])]
        for kind, title in kinds.items()
        for name, s in by[kind].items()
    ]
    return _table(("group", "", "experiments", "R2", "MAE", "90 % hold"), rows)


def _domain(surrogate: Surrogate, answers: Answers) -> list[str]:
    domain, rows = surrogate.domain, []
    for protocol in ("experiment", "study"):
        inside, outside = (answers[protocol]["by"]["domain"][name] for name in ("inside", "outside"))
        share = outside["values"] / (inside["values"] + outside["values"])
        rows.append(
            [_HELD[protocol], f"{100 * share:.0f} %", _number(inside["mae"]), _number(outside["mae"])]
        )
    return [
        "## Applicability domain",
        f"Inside: at most {domain.distance_limit:.2f} standard deviations from the "
        f"{domain.settings.neighbours} nearest experiments with the acid, and members that disagree by at "
        f"most {domain.disagreement_limit:.3f}. Outside, intervals widen with the distance to the power "
        f"{surrogate.calibration.growth:.2f}.",
        "",
        *_table(("held out", "values outside", "MAE inside", "MAE outside"), rows),
    ]


def _selected(surrogate: Surrogate) -> list[str]:
    found = surrogate.card["skill"].get("selected", {})
    rows = [
        [
            _HELD[protocol],
            rule,
            str(figures["n"]),
            *map(_number, list(figures.values())[1:]),
        ]
        for protocol, rules in found.items()
        for rule, figures in rules.items()
    ]
    if not rows:
        return []
    return [
        "## Designs that a search picks",
        "Selection replayed among held-out rows (`optimiser evaluate --selected`): bias is predicted less "
        "measured, coverage that of 90 % intervals, promised the mean probability that all yields reach the "
        "target, kept the share of rows that do.",
        "",
        *_table(("held out", "rule", "rows", "bias", "coverage", "promised", "kept"), rows),
    ]


def _limits() -> list[str]:
    return [
        "## Blind spots",
        "- Acids that are not in the data (methanesulfonic, phosphoric, glutaric, glycine): predicted from "
        "pKa and structure, outside the domain, with a warning.",
        "- Manganese is the hardest metal, NMC622 the hardest feed (see the groups above).",
        "- Beyond the data trees stay flat: they do not extrapolate.",
        "- Solids differ (pristine powder, black mass, current collectors) and the data do not say how.",
    ]


def _figures(figures: Mapping[str, Any]) -> list[str]:
    return [_number(figures.get(name)) for name in _FIGURES]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _percent(coverage: Mapping[str, float] | None) -> str:
    return "" if coverage is None else f"{100 * coverage['0.9']:.1f} %"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> list[str]:
    names = list(head)
    return [
        "| " + " | ".join(names) + " |",
        "|" + "---|" * len(names),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
