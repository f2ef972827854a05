"""``python -m optimiser`` is the console command."""

from optimiser.cli.main import main

main()
