"""The search for fronts: NSGA-II over one acid index and five continuous variables."""
