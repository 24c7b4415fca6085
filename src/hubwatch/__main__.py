"""`python -m hubwatch`: the command line."""

from hubwatch.cli import main

main()
