"""The control API of tests: places calls, scripts callees, breaks things, shows what happened.

Imports all other folders.
"""
