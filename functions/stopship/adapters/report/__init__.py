"""The weekly report as files: HTML for mail and screen, PDF, tables and JSON."""
