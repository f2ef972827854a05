"""What differs between two runs: what was asked, what came out, and which change explains how much."""
