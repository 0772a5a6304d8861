"""Live protocols: text comes in pieces over one connection, and audio goes back over it."""
