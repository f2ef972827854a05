"""Yield models: fit, store, evaluate fast, applicability domain, validate."""
