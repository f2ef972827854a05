"""What is leached, in general: setpoints, choices, responses and feeds of a table of experiments."""
