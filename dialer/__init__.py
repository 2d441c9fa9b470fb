"""The engine: owns trio, time, state and order."""
