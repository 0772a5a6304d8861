"""The kokoro engine. Its modules import torch; this one does not."""
