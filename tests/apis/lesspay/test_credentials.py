"""What a credential is made of; who asks by it, and the proof, is claimed in `rules/test_headers`."""

from __future__ import annotations

from typing import Any

import pytest

from outlay.dialects.lesspay import DIALECT
from outlay.wire.dialect import BadCredentialRequest, CredentialRequest
from tests.apis.lesspay.desk import ACCOUNT, NOW_MS

FOREIGN_KEY = "-----BEGIN PUBLIC KEY-----"


def test_the_secret_does_not_tell_the_public_id() -> None:
    one = DIALECT.issue_credential(CredentialRequest(ACCOUNT, b"\x01" * 12 + b"\x07" * 52, NOW_MS))
    two = DIALECT.issue_credential(CredentialRequest(ACCOUNT, b"\x02" * 12 + b"\x07" * 52, NOW_MS))
    assert one.shown["app_secret"] == two.shown["app_secret"]
    assert one.key_id != two.key_id


@pytest.mark.parametrize("request_", [{"public_key_pem": FOREIGN_KEY, "entropy": bytes(64)}, {"entropy": bytes(20)}])
def test_a_credential_is_not_made_of_a_public_key_or_of_too_little_chance(request_: dict[str, Any]) -> None:
    with pytest.raises(BadCredentialRequest):
        DIALECT.issue_credential(CredentialRequest(account=ACCOUNT, now_ms=NOW_MS, **request_))
