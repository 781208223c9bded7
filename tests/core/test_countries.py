"""The table of countries against an independent list of ISO 3166-1."""

from __future__ import annotations

import pycountry

from outlay.core.countries import COUNTRIES, NO_COUNTRY


def test_the_countries_are_those_that_iso_3166_has_assigned() -> None:
    assert {country.alpha_2 for country in pycountry.countries} == COUNTRIES
    assert len(COUNTRIES) == 249


def test_what_stands_for_no_country_is_none() -> None:
    assert NO_COUNTRY not in COUNTRIES
    assert not {"UK", "EU", "ZZ", "XK", "AN", "SU", "br"} & COUNTRIES
