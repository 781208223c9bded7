"""How hard Hypothesis searches: no deadline, because a loaded machine is not a fault; few examples, for the inner loop.

Every run searches elsewhere. `--hypothesis-profile=thorough` searches ten times as long.

And the plugin that gathers what a whole run exercised of the documented APIs (`--coverage-pages`).
"""

from hypothesis import HealthCheck, settings

settings.register_profile("quick", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=300)
settings.load_profile("quick")

pytest_plugins = ["tests.coverage.plugin"]
