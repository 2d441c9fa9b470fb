"""The outside world, one folder per system. Each implements ports of `dialer.ports`."""
