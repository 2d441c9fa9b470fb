"""FreeSWITCH as the way out and as the agents' phones, over its event socket."""
