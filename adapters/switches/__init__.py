"""What all telephone switches have in common: numbers as carriers write them, greetings judged, agents' phones."""
