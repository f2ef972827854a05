"""Other models and feature sets on the same folds, and tests of the difference."""
