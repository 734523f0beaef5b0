"""Registers somebody, logs them in and prints their access token."""

import sys

from client import Client

print(Client(sys.argv[1]).member("ada@example.com", "+14155552671", "teal-otter-9-quarry-lamp"))
