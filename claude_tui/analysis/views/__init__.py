"""What each panel shows, computed from the history."""
