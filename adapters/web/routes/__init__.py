"""What answers requests, a module a subject."""
