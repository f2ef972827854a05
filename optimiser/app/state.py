"""What the routes of the app share."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from optimiser.app.events import Events
from optimiser.app.jobs import Jobs
from optimiser.app.live import Answers
from optimiser.app.workspace import Workspace


@dataclass(frozen=True)
class State:
    """One running app.

    Attributes:
        workspace: that it works in.
        jobs: all jobs.
        events: what open pages are told.
        answers: what is known of questions that were asked while one dragged.
    """

    workspace: Workspace
    jobs: Jobs
    events: Events
    answers: Answers


def state_of(request: Request) -> State:
    """Return the state of the app that a request came to."""
    found: State = request.app.state.ours
    return found
