"""What is asked: variables' ranges, objectives, constraints, tolerances, and the model that answers."""
