"""The weekly report: what it says, before anybody draws it."""
