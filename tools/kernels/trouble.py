"""What this has for an error."""


class Trouble(Exception):
    """What is wrong, and what to do about it."""

    # Of the tool that ends by it.
    status = 2

    def __init__(self, what: str, advice: str):
        super().__init__(f"error: {what}\nhelp: {advice}")
