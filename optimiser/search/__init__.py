"""The search for fronts over acids and continuous variables, and how a front is judged."""
