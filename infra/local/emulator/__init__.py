"""The embedded AWS account: MiniStack in a process of its own, corrected where it differs from AWS."""
