"""What a user may write: the schemas of problems and configs, and their loader."""
