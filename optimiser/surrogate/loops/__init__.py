"""The compiled loops of the yield model, and the sizes that they share with what lays out their data.

Only `optimiser.surrogate.trees.compiled_loops` imports the modules of this folder, when a loop is called,
because numba takes half a second to load. They import nothing of the product from outside of the folder: what
they are compiled from is all here, and kept loops are named after it (`cached`).
"""

from __future__ import annotations

#: Lanes of a row, which go through a test at once. With twice as many, thousands of designs were a twentieth
#: faster and a handful, which fill no row, a fifth slower.
LANES = 256
#: Lanes in one of the numbers that tell lanes apart; so many anchors that are alike stand together.
TILE = 16
#: Most nodes of a batch of trees: their rows fit the nearest cache.
ROOM = 512
