"""The version of Tunebook, written once.

Installed metadata is not asked: a checkout on PYTHONPATH and a zip of the sources have none.
"""

VERSION = "0.1.0"
