"""The yield model: compiled trees, calibration, applicability domain, artefact, training table."""
