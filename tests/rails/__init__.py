"""What a rail is, defined by one suite that every rail stands.

exercise.py      the cases, and what must be told of a rail so that it can be put through them
test_*_rail.py   one call for each rail: how it is made, how its far end is brought into each situation
test_control.py  for each case a rail that breaks one promise, which that case notices and no other
"""
