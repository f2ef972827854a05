"""The page and the words of an explanation."""
