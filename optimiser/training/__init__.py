"""How the yield model is fitted, held out and calibrated; a search never imports it."""
