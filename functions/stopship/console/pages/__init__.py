"""One page a file: what it reads, what it changes, what it shows."""
