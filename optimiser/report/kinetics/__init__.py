"""The report of `optimiser kinetics`."""
