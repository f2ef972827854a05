"""How far to trust the answer: support in the data, limits of the model, convergence of the search."""

from __future__ import annotations

import pandas as pd

from optimiser.problem.bound import BoundProblem
from optimiser.report import words
from optimiser.report.card import Block, Card, Figure, Panels, Table, Words
from optimiser.report.caveats import not_known, skill_caveat, sums_notes
from optimiser.report.columns import column
from optimiser.report.figures.lines import draw_courses, feasible_courses, hypervolume_courses
from optimiser.report.numbers import counted
from optimiser.search.run import RunResult
from optimiser.systems.words import vocabulary


def support_card(result: RunResult) -> Card:
    """Return what stands behind the recommended designs, what the domain is, and what is not known."""
    problem, finding = result.problem, list[str]()
    if result.front is not None:
        front = result.front
        own = "" if problem.surrogate.site is None else " and your own results"
        near = counted(int(front.evaluation.support[front.answer]), "experiment")
        finding.append(
            f"Near the recommended design: {near} of the training data{own}; along the whole front "
            f"{int(front.evaluation.support.min())} to {int(front.evaluation.support.max())}."
        )
    finding.append(skill_caveat(problem.surrogate))
    blocks: list[Block] = []
    each = vocabulary(problem.system).option
    blocks.append(
        Table(
            "ranges",
            f"Ranges searched for each {each}: what the problem allows"
            + (f", cut to where the {each} has data near this feed." if problem.domain is not None else "."),
            ranges_frame(problem),
        )
    )
    blocks.append(Words("What the applicability domain is", domain_lines(problem), folded=True))
    unknown = not_known(problem.surrogate)
    if problem.system.is_cathode and not _with_peroxide(result):
        unknown = (words.PEROXIDE_CAVEAT, *unknown)
    blocks.append(Words("What this tool does not know", (*unknown, *sums_notes(problem))))
    return Card(finding=tuple(finding), blocks=tuple(blocks))


def _with_peroxide(result: RunResult) -> bool:
    """Return whether the recommended design has peroxide, so that its caveat stands with the answer."""
    front = result.front
    return front is not None and bool(front.evaluation.designs.h2o2[front.answer] > 0.0)


def ranges_frame(problem: BoundProblem) -> pd.DataFrame:
    """Return the range of each variable per acid as text."""
    rows = []
    for k, acid in enumerate(problem.acids):
        row: dict[str, object] = {"acid": acid.label} if problem.system.choices else {}
        row["experiments"] = problem.neighbourhoods[k].experiments
        for i, variable in enumerate(problem.variables):
            low, high = (float(bound[k, i]) + 0.0 for bound in (problem.lower, problem.upper))  # no -0
            heading = column(variable.name).heading
            # a heading that is the setpoint's name would make its text be read as a number
            heading = heading if heading != variable.name else f"{heading}, range"
            row[heading] = f"{low:g} to {high:g}" if high > low else f"{low:g}, fixed"
        rows.append(row)
    return pd.DataFrame(rows)


def domain_lines(problem: BoundProblem) -> tuple[str, ...]:
    """Say what the domain is, as it is held in this problem."""
    if problem.domain is None:
        return (
            "It is switched off in this problem: designs may lie where there is no experiment, and their "
            "yields are then guesses.",
        )
    domain = problem.surrogate.domain
    settings = domain.settings
    if not problem.system.is_cathode:
        return _system_domain_lines(problem)
    return (
        "A design is inside when two measures are within their limits: its distance to the "
        f"{settings.neighbours} nearest experiments with the same acid near the feed, and how far the "
        "members of the yield model disagree about it. On held-out studies errors were "
        "larger outside.",
        "An experiment is near only if all of its setpoints are near: one at high temperature, another with "
        "many solids and a third with peroxide do not support a design that combines the three. "
        "Experiments that dissolve more charge than their acid offers do not count.",
        *(
            (
                f"This problem allows designs up to {problem.domain:g} times the limit; the ranges of the "
                "data bind only variables that never varied in it.",
            )
            if problem.domain > 1.0
            else ()
        ),
        "Distances are in standard deviations of the data (temperature, and the logarithms of strength, "
        "peroxide, solids and time; the feed's composition besides). Their limit is what "
        f"{100.0 * settings.distance_quantile:.0f} % of the data's own experiments keep to the others; that "
        f"of the disagreement, what {100.0 * settings.disagreement_quantile:.0f} % of the rows of unseen "
        "studies keep.",
        "A search also keeps to the ranges that the acid's experiments cover on nearly the same feed (at "
        f"most {100.0 * settings.feed_distance:.0f} % of its Ni, Mn and Co sites differ), and leaves out an "
        f"acid with fewer than {settings.min_experiments} of them. A variable that these never varied may "
        "not move: hydrochloric acid was never tried with peroxide, so it is not recommended with it.",
        *(
            (
                "Own experiments open the domain: one is enough alone, for its acid, and for setpoints as "
                "far around it as the limit of distance reaches.",
            )
            if problem.surrogate.site is not None
            else ()
        ),
        "Support is the number of such experiments within the limit of distance. Inside the domain is not "
        "the same as measured: rows with the same conditions differ by up to 40 points of yield in the data.",
    )


def _system_domain_lines(problem: BoundProblem) -> tuple[str, ...]:
    """Say what the domain of a system of one's own is."""
    settings = problem.surrogate.domain.settings
    one, logs = vocabulary(problem.system).option, [v.label for v in problem.variables if v.log]
    logarithmic = f" ({', '.join(logs)} on a logarithmic scale)" if logs else ""
    wide = (
        (
            f"This problem allows designs up to {problem.domain:g} times the limit; the ranges of the data "
            "bind only setpoints that never varied in it.",
        )
        if problem.domain is not None and problem.domain > 1.0
        else ()
    )
    return (
        "A design is inside when two measures are within their limits: its distance to the "
        f"{settings.neighbours} nearest experiments with the same {one} near the feed, and how far the "
        "members of the yield model disagree about it.",
        "An experiment is near only if all of its setpoints are near.",
        *wide,
        f"Distances are in standard deviations of the table's setpoints{logarithmic}. Their limit is what "
        f"{100.0 * settings.distance_quantile:.0f} % of the table's own experiments keep to the others; that "
        f"of the disagreement, what {100.0 * settings.disagreement_quantile:.0f} % of held-out rows keep.",
        f"A search also keeps to the ranges that the experiments with each {one} cover, and leaves out "
        f"{vocabulary(problem.system).an_option} with fewer than {settings.min_experiments} of them. A "
        "setpoint that these never varied may not move.",
        "Support is the number of such experiments within the limit of distance. Inside the domain is not "
        "the same as measured.",
    )


def convergence_card(result: RunResult) -> Card:
    """Return hypervolume and feasible share over the generations of each seed, and why each stopped."""
    if not result.searches:
        return Card(not_applicable="nothing was searched.")
    hypervolume, feasible = hypervolume_courses(result), feasible_courses(result)
    figures = (
        Figure(
            "hypervolume",
            "Hypervolume of the front after each generation, per cent of the box around all fronts; the "
            "second half is at high fidelity and starts from the front of the first.",
            draw_courses(hypervolume, "hypervolume [%]"),
        ),
        Figure(
            "feasible",
            "Share of the designs tried in each generation that keep every constraint.",
            draw_courses(feasible, "feasible share [%]"),
        ),
    )
    feasible_found = any(max(values, default=0.0) > 0.0 for _, values in feasible)
    stops = tuple(
        f"Seed {s.seed}: {s.evaluations:,} predictions in {len(s.fronts)} generations; "
        f"{'stopped because of ' if s.stopped.startswith('no ') else ''}{s.stopped}."
        for s in result.searches
    )
    why = Words("Why each seed stopped", stops)
    blocks: tuple[Block, ...] = (Panels(figures), why) if feasible_found else (why,)
    return Card(finding=(convergence_finding(result),), blocks=blocks)


def convergence_finding(result: RunResult) -> str:
    """Say whether the seeds agree and whether the last generations still gained."""
    courses = [values for _, values in hypervolume_courses(result)]
    ends = [values[-1] for values in courses if values]
    best = max(ends, default=0.0)
    if best <= 0.0:
        return "No seed found a feasible design, so there is no hypervolume."
    gained = [v[-1] - v[max(0, len(v) - 1 - max(1, len(v) // 10))] for v in courses]
    late, apart = 100.0 * max(gained) / best, 100.0 * (best - min(ends)) / best
    said = []
    if len(ends) == 1:
        said.append("One seed was searched, so nothing shows whether another would have found more.")
    elif apart <= 2.0:
        said.append(f"The {len(ends)} seeds end within {max(apart, 0.1):.1f} % of each other.")
    else:
        said.append(f"The {len(ends)} seeds end {apart:.0f} % apart: more generations may find more.")
    said.append(
        "The last tenth of the generations gained less than 0.5 %."
        if late <= 0.5
        else f"The last tenth of the generations still gained {late:.1f} %: a longer search may find more."
    )
    return " ".join(said)
