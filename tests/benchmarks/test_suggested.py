"""The chooser of `suggest` in the replay: it plays by the rules, and the same twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.replay.choosing import orders_of, random_played, summed_up
from benchmarks.replay.game import games
from benchmarks.replay.suggested import suggested
from optimiser.surrogate.site import read_prior
from optimiser.surrogate.training_table import read_table


@pytest.mark.data
def test_it_beats_chance_on_small_studies(training_table: Path) -> None:
    table = read_table(training_table)
    small = sorted(games(table), key=lambda game: len(game.rows))[:3]
    prior, _ = read_prior()
    chooser = suggested(table, dict.fromkeys(range(10), prior))
    done = {game.study: orders_of(game, chooser, 2) for game in small}
    again = orders_of(small[0], chooser, 2)
    assert done[small[0].study].tolist() == again.tolist()
    found, chance = summed_up(small, done), random_played(small, 2)
    assert found.regret.mean() < chance.regret.mean()
    assert np.unique(done[small[0].study][0]).size == len(done[small[0].study][0])
