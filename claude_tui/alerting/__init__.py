"""Alert rules, the lifecycle of alerts, and one notification per cause to each matching route."""
