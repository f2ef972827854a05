"""What every part of a problem has: frozen, and no key that is not in the schema."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Frozen, and any key that is not in the schema is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
