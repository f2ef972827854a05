"""Which design of a front to take: what to improve, what to give up for it, and a few that stand for all."""
