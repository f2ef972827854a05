"""What a problem on a system of one's own may say: its variables, choices and responses are the system's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, create_model, field_validator

from optimiser._io.errors import InputError, closest
from optimiser.problem.schema import (
    ConfigSpec,
    Problem,
    Range,
    Width,
    _Robust,
    range_asked,
    range_field,
    tolerances_field,
)
from optimiser.problem.strict import Strict
from optimiser.surrogate.artefact import load_surrogate, ships
from optimiser.surrogate.packing import SHIPPED
from optimiser.systems.system import System, SystemFeed
from optimiser.variables import Variable

#: What the ends of a setpoint are, where a range is refused.
_KNOWN = "in the table and its system's file"


class SystemVariables(Strict):
    """The choices and setpoints of a system, as a problem asks for them.

    A choice that is not named is searched over all of its values, a setpoint without a range wherever the
    option has data.
    """

    def asked(self, system: System) -> dict[str, tuple[str, ...]]:
        """Return the values asked for by choice, those of the choices that are named."""
        return {c: given for c in system.choices if (given := getattr(self, c)) is not None}

    def range_of(self, variable: Variable) -> Range:
        """Return the range of a setpoint; all that is possible where none is given."""
        return range_asked(self, variable)


def _choice(choice: str, known: tuple[str, ...]) -> Any:
    """Return the type of a choice: one of its values, or several."""

    def read(value: Any) -> tuple[str, ...] | None:
        if value is None:
            return None
        given = list(value) if isinstance(value, list | tuple) else [value]
        names = [str(int(v) if isinstance(v, bool) else v) for v in given]
        for index, name in enumerate(names):
            if name not in known:
                raise InputError(
                    f"The table has no {choice} {name!r}.",
                    allowed=", ".join(known),
                    remedy=closest(name, known) or "name one of these",
                    key=(index,) if isinstance(value, list | tuple) else (),
                )
            if name in names[:index]:
                raise InputError(f"{name!r} is listed twice.", key=(index,), remedy="list each value once")
        if not names:
            raise InputError("That is no value.", allowed=", ".join(known), remedy="name one, or several")
        return tuple(names)

    return Annotated[tuple[str, ...] | None, BeforeValidator(read), PlainSerializer(lambda v: v and list(v))]


def _feed(system: System) -> Any:
    """Return the type of a feed: the name of one of the table's, or a mapping with a name of its own."""
    example = (
        "write the name alone, or {name: ..., " + ", ".join(f"{c}: ..." for c in system.feed_columns) + "}"
    )

    def read(value: Any) -> SystemFeed:
        if isinstance(value, SystemFeed):
            return value
        said = {"name": value} if isinstance(value, str) else value
        if not isinstance(said, Mapping) or "name" not in said:
            raise InputError(f"{value!r} is no feed.", allowed=", ".join(system.feeds), remedy=example)
        return system.feed_of(said)

    return Annotated[
        InstanceOf[SystemFeed], BeforeValidator(read), PlainSerializer(lambda feed: system.feed_setting(feed))
    ]


def _no_cathode(cls: type, value: Any) -> Any:
    """Stand in for the reading of a cathode's feed by its name."""
    return value


def config_type(problem: type[Problem]) -> type[ConfigSpec]:
    """Return the type of configs whose problem is of a type."""
    if problem is Problem:
        return ConfigSpec
    field = problem.model_fields["tolerances"]
    made: type[ConfigSpec] = create_model(
        "ConfigSpec", __base__=ConfigSpec, tolerances=(field.rebuild_annotation(), field.default)
    )
    return made


def problem_type(system: System) -> type[Problem]:
    """Return the type of problems on a system; for cathodes it is `Problem` itself.

    Equal systems have the same type, so that problems on them can be compared.
    """
    return Problem if system.is_cathode else _problem_type(json.dumps(system.record()))


@cache
def _problem_type(record: str) -> type[Problem]:
    system = System.from_record(json.loads(record))
    fields: dict[str, Any] = {
        choice: (_choice(choice, known), None)
        for choice, known in zip(system.choices, system.values, strict=True)
    }
    fields |= {
        v.name: (range_field(v, "in the table and allowed by the system's file"), None)
        for v in system.variables
    }
    variables = create_model("Variables", __base__=SystemVariables, **fields)
    widths: dict[str, Any] = dict.fromkeys(system.names, (Width, None))
    tolerances = create_model("TolerancesSpec", __base__=_Robust, **widths)
    only = next(iter(system.feeds)) if len(system.feeds) == 1 else None
    made: type[Problem] = create_model(
        "Problem",
        __base__=Problem,
        __validators__={"_feed_by_name": field_validator("feed", mode="before")(_no_cathode)},
        feed=(_feed(system), ... if only is None else system.feeds[only]),
        variables=(variables, variables()),
        tolerances=(tolerances_field(tolerances, system.names), tolerances()),
    )
    made.responses = system.responses
    made.__doc__ = f"A question on the system {system.name}; see `Problem`."
    return made


def type_named(surrogate: Any, variables: Any, beside: Path | None = None) -> type[Problem]:
    """Return the type of problems on the system of a yield model, by the model's name or path.

    Args:
        surrogate: as a problem names it; `Problem` where it is no name.
        variables: of the problem: with an acid they are of cathodes, whatever the model lacks.
        beside: folder of the file that names it.

    Raises:
        InputError: there is no such model, or it cannot be read.
    """
    if not isinstance(surrogate, str) or (surrogate == SHIPPED and ships(surrogate, beside)):
        return Problem
    try:
        return problem_type(load_surrogate(surrogate, beside=beside).system)
    except InputError as error:
        if isinstance(variables, Mapping) and "acid" in variables:
            return Problem  # whoever binds it says what the model lacks
        raise (error if error.where else error.at("surrogate")) from None
