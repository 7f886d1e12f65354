"""Probes: one for each place where the embedded account was made to do as AWS does."""
