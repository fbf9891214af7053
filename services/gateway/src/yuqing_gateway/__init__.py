"""The gateway: REST routes from the contracts, accounts, and the directory of people."""
