"""The version of hubwatch, without importing anything else of it."""

VERSION = "0.3.0"
