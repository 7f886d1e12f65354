"""What happened, in figures: facts from the events of each case, and measures whose definitions are data."""
