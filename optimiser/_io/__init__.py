"""Errors, YAML with line numbers, outputs whole or not at all, built-in files."""
