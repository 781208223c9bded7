"""What tests know of an API is found by its name, and what is missing is named."""

from __future__ import annotations

import pytest

from tests.apis.found import MissingPart, all_names, all_rows, file_of, part_of


def test_every_dialect_has_its_rows_in_the_folder_of_its_name() -> None:
    assert [api.name for api in all_rows()] == list(all_names())


@pytest.mark.parametrize(("name", "part"), [("lesspay", "no_such"), ("lesspay", "no.such"), ("toypay", "rows")])
def test_a_missing_part_is_named_with_what_asks_for_it(name: str, part: str) -> None:
    with pytest.raises(MissingPart) as told:
        part_of(name, part)
    path = f"tests/apis/{name}/{part.replace('.', '/')}.py"
    assert str(told.value) == f"{path} is missing: every dialect folder needs one, see docs/another-api.md"


def test_a_missing_file_is_named_as_a_part_is() -> None:
    with pytest.raises(MissingPart, match=r"^tests/apis/toypay/examples\.json is missing: "):
        file_of("toypay", "examples.json")
