"""A carrier, the people behind its numbers, and agents, all from one seed, in place of the real ones."""
