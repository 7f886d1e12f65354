"""Stopship: stop what can still be stopped, prove it, and only then move money."""
