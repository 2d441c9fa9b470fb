"""Asterisk as the way out and as the agents' phones, over its REST interface (ARI) on one websocket."""
