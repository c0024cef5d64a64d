"""What the runbook's screens draw, as pure functions, and what they share."""
