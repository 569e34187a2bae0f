"""What the reference says when no tree comes out."""


class Refused(Exception):
    """The bytes are against a specification."""


class Unspecified(Exception):
    """No specification says what comes out."""
