"""Packages of an environment: who installs, what the resolver says, what is put aside before and checked after."""
