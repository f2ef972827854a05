"""What drives a prediction of yields, and which setpoint would raise it."""
