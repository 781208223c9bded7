"""One Hypothesis profile: no deadline, because a loaded machine is not a fault; few examples, for the inner loop."""

from hypothesis import HealthCheck, settings

settings.register_profile("outlay", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("outlay")
