"""How hard Hypothesis searches: no deadline, because a loaded machine is not a fault; few examples, and in the inner
loop a third of these.

It searches where the sources and the tests tell it to, so that chance fails no build: see tests.support.seeds. With
`--hypothesis-seed=N` it searches elsewhere, and with `--hypothesis-profile=thorough` ten times as long.

And what begins first; and the plugin that gathers what a whole run exercised of the documented APIs
(`--coverage-pages`).
"""

import gc
import re
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from outlay.running import log
from tests.support.seeds import seed_of_tree

# Where Hypothesis believes itself on a build machine (`CI` is set, and the like) it would take a seed from each test
# instead of ours, and search elsewhere than here.
settings.register_profile(
    "quick", deadline=None, max_examples=30, derandomize=False, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("inner-loop", settings.get_profile("quick"), max_examples=10)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=300)
settings.load_profile("quick")

# Hypothesis' own name of the option; it obeys it when it is configured, which is after us.
SEED_OPTION = "hypothesis_seed"

INNER_LOOP = "not slow"
ALL_SLOW = re.compile(r"^pytestmark = .*\bpytest\.mark\.slow\b", re.MULTILINE)

pytest_plugins = ["tests.coverage.plugin"]

# Ten thousand tests are collected, and all stay: looking through them for garbage would take a fifth of a quick run.
gc.disable()


# A logger that was kept with what one test had set up would tell the next one nothing: whether lines are heard would go
# by the order of the tests.
_configure = structlog.configure


def _configure_for_one_test(**named: Any) -> None:
    _configure(**(named | {"cache_logger_on_first_use": False}))


structlog.configure = _configure_for_one_test


@pytest.fixture(autouse=True)
def _log_as_it_is_before_any_setting() -> None:
    structlog.reset_defaults()
    log._CONFIGURE.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before Hypothesis, which loads the profile that it was told of, if any."""
    if config.option.markexpr == INNER_LOOP:
        settings.load_profile("inner-loop")
    if config.getoption(SEED_OPTION) is None:
        setattr(config.option, SEED_OPTION, str(seed_of_tree()))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The inner loop does not even import a file all of whose tests it leaves out: there are four thousand of them."""
    if config.option.markexpr != INNER_LOOP or not collection_path.name.startswith("test_"):
        return None
    return True if ALL_SLOW.search(collection_path.read_text("utf-8")) else None


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A run in several processes must not end with all of them waiting for one that began its longest test last."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)
