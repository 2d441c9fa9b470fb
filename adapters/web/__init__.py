"""The floor on the web: pages and API, served by the daemon itself."""
