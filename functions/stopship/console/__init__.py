"""The desk's web pages: rendered here, complete without a script; htmx and one small script make them lively."""
