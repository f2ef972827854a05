"""Leaching kinetics: yield-time curves from the surrogate, a law fitted to them, Arrhenius lines."""
