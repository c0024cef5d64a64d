"""Rules, the lifecycle of alerts, and one message per cause to whoever must know."""
