"""A walk through the app as a film: a picture of every step with what happens, as one animated file."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

#: Pixels of the pictures and of the line below them; seconds that each is shown, and more per word.
SIZE, LINE = (1200, 750), 46
_SECONDS, _PER_WORD = 1.6, 0.22


@dataclass
class Film:
    """Pictures of a page, each with a line that says what happens."""

    pictures: list[Image.Image] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def step(self, page: Any, said: str) -> None:
        """Add what the page shows now.

        Args:
            page: of playwright.
            said: what happens, one short sentence.
        """
        shown = (
            Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
        )
        picture = Image.new("RGB", (SIZE[0], SIZE[1] + LINE), "#1b2730")
        picture.paste(shown, (0, 0))
        ImageDraw.Draw(picture).text(
            (18, SIZE[1] + LINE // 2), said, "#ffffff", ImageFont.load_default(22), anchor="lm"
        )
        self.pictures.append(picture)
        self.seconds.append(_SECONDS + _PER_WORD * len(said.split()))

    def write(self, path: Path) -> None:
        """Write it as an animated WebP, which plays once."""
        self.pictures[0].save(
            path,
            save_all=True,
            append_images=self.pictures[1:],
            duration=[round(1000 * one) for one in self.seconds],
            loop=1,
            quality=58,
            method=6,
        )
