"""What a zoomed panel shows, as lines: pure functions of a Snapshot, a width and sometimes a height."""
