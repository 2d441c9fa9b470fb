"""How many calls to place now. Pure: no clock, no I/O, no randomness of its own."""
