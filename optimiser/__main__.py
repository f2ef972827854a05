"""``python -m optimiser`` is the console command."""

from optimiser.cli import main

main()
