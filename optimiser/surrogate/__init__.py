"""The yield model: prediction by compiled trees, calibration, applicability domain, artefact, training table."""
