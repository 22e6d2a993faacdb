"""`python -m sparkdoctor` is the command `sparkdoctor`."""

from sparkdoctor.cli.__main__ import main

main()
