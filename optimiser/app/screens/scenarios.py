"""The screen `scenarios`: a table of designs over ranges of conditions, counted before it is made."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.app.dropped import problem_named, text_of
from optimiser.app.jobs import HERE, command_of
from optimiser.app.messages import Message, message
from optimiser.app.pages import page
from optimiser.app.state import State, state_of
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import load_feeds
from optimiser.problem.load import load_problem
from optimiser.tables.generate import CONDITIONS, Plan, plan
from optimiser.variables import VARIABLES

#: Rows that are seen before the table is made, and of a Latin hypercube the most that are drawn for it.
_SEEN, _DRAWN = 20, 20_000
#: What the form begins with.
_FIRST = {
    "temperature": "25:90:14",
    "acid_concentration": "2",
    "h2o2": "0",
    "solid_liquid_ratio": "50",
    "time": "60",
}


class Conditions(Message):
    """What is varied and what is set, and how.

    Attributes:
        conditions: by name the values: ``low:high:count``, ``low:high`` for a Latin hypercube, or a list
            ``a,b,c``; one value alone is set.
        lhs: rows of a Latin hypercube; None for the whole grid.
        seed: of that.
        problem: whose feed and acids can be named; or empty.
        suffix: of the file.
    """

    conditions: dict[str, str] = Field(max_length=len(CONDITIONS))
    lhs: int | None = None
    seed: int = Field(1, ge=0, lt=2**63)
    problem: str = ""
    suffix: Literal["csv", "xlsx"] = "csv"

    @property
    def varied(self) -> list[str]:
        """The conditions that change, as the command takes them."""
        return [
            f"{name}={text}" for name, text in self.conditions.items() if text and re.search("[,:]", text)
        ]

    @property
    def constant(self) -> list[str]:
        """The conditions with one value, as the command takes them."""
        return [f"{n}={t}" for n, t in self.conditions.items() if t and f"{n}={t}" not in self.varied]

    def plan(self, state: State) -> Plan:
        """Return the checked table.

        Raises:
            InputError: as `optimiser.tables.generate.plan`; its key is the condition.
        """
        problem = problem_named(state, self.problem)
        question = load_problem(problem) if problem else None
        try:
            return plan(self.varied, self.constant, samples=self.lhs, question=question)
        except InputError as error:
            named = re.match(r"--(?:vary|set)(?: or --set)? (\w+)", error.where)
            raise InputError(
                error.what,
                where=error.where,
                allowed=error.allowed,
                remedy=error.remedy,
                key=(named[1],) if named else error.key,
            ) from None

    def arguments(self, state: State) -> list[str]:
        """Return the arguments of the command."""
        problem = problem_named(state, self.problem)
        return [
            "scenarios",
            *(f"--vary={one}" for one in self.varied),
            *(f"--set={one}" for one in self.constant),
            *([f"--lhs={self.lhs}", f"--seed={self.seed}"] if self.lhs is not None else []),
            *([f"--problem={problem}"] if problem else []),
            f"--out={HERE}/scenarios.{self.suffix}",
        ]


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page(
        "scenarios",
        variables=VARIABLES,
        first=_FIRST,
        acids=list(load_acids()),
        feeds=list(load_feeds()),
        problems=builtin.names("problems"),
    )


async def preview(request: Request) -> JSONResponse:
    """Return how many rows a table would have, its first rows, and the command that makes it."""
    state, told = state_of(request), await message(request, Conditions)

    def looked() -> dict[str, object]:
        planned = told.plan(state)
        drawn = planned.rows <= _DRAWN or not planned.samples
        first = planned.frame(told.seed, _SEEN) if drawn else None
        return {
            "count": planned.rows,
            "of": [[one.name, len(one.values)] for one in planned.varied],
            "header": [] if first is None else list(first.columns),
            "rows": []
            if first is None
            else [[text_of(cell) for cell in row] for row in first.to_numpy(object)],
            "command": command_of([a.replace(f"{HERE}/", "") for a in told.arguments(state)]),
        }

    return JSONResponse(await run_in_threadpool(looked))


async def run(request: Request) -> JSONResponse:
    """Queue the making of a table."""
    state, told = state_of(request), await message(request, Conditions)

    def queued() -> dict[str, object]:
        rows = told.plan(state).rows
        about = told.model_dump(mode="json")
        return state.jobs.record(
            state.jobs.add("scenarios", f"{rows:,} scenarios", told.arguments(state), about=about)
        )

    return JSONResponse(await run_in_threadpool(queued))


ROUTES = [
    Route("/scenarios", show),
    Route("/scenarios/preview", preview, methods=["POST"]),
    Route("/scenarios/run", run, methods=["POST"]),
]
