"""What a developer can put right: printed as it is, without a traceback."""


class StackError(Exception):
    """The stack cannot do what was asked; the message says why and what to do about it."""
