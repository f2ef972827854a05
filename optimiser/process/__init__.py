"""What a leach consumes, costs and burdens, and what chemistry forbids: arrays over designs, no loops."""
