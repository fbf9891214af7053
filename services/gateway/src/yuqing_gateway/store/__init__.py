"""Tables of the gateway and what is asked of them."""
