"""Skill that cannot flatter: models, features, protocols, scores, tests behind `optimiser evaluate`."""
