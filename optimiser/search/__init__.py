"""The search for fronts over one acid index and five continuous variables, and what it is judged by."""
