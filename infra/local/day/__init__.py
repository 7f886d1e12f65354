"""A day at the desk: real-shaped orders and wishes, played against the running desk by way of its own doors."""
