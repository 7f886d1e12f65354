"""Partner sandboxes: stateful stand-ins for the systems the desk talks to, each behind that partner's own HTTP contract."""
