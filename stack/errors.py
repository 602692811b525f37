"""Errors that a developer can fix. They are printed without a traceback."""


class StackError(Exception):
    """The stack cannot do what was asked; the message says why and what to do about it."""
