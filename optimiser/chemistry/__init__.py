"""Feeds, acids, reagents and metals: what is leached, with what, and what each number rests on."""
