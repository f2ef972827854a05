"""Tables in and out: scenarios, a user's own acids, prices and impact factors."""
