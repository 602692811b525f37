"""What an operator does to an installation by a command, and nobody on the page: the first owner of
a business, the numbers that a business may show, who may make a business.

Each command checks everything before it writes, can be run again, and says what it did.
"""
