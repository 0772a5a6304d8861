"""speechd: a speech server with OpenAI's contract around Kokoro-82M."""

__version__ = "0.1.0"
