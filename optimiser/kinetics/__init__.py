"""Leaching kinetics: yield-time curves from the surrogate, kinetic models fitted to them, Arrhenius lines."""
