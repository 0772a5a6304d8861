"""Live speech: text comes in pieces, and its audio and words go out as soon as they can."""
