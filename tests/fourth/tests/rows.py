"""What the document says, row by row."""

from __future__ import annotations

from typing import Final

from tests.coverage.rows import Api, joined, table

POST: Final = "POST /harbour/v1/payouts"
GET: Final = "GET /harbour/v1/payouts/{ref}"

API: Final = Api(
    name="harbour",
    title="Harbour Pay v1",
    left_out="nothing.",
    rows=joined(
        table("Endpoints", "endpoint", f"{POST}  docs\n{GET}  docs"),
        table(
            "Headers",
            "header",
            """
            harbour-client  docs  hb_ and 20 hexadecimal digits
            harbour-time    docs  10 digits, within 60 seconds
            harbour-proof   docs  HMAC-SHA256 over method, path, time and body
            content-type    docs  application/json, where there is a body
            of the answer retry-after  docs  with 429 NO RULE: whoever is refused in a hurry is told by the server
            """,
        ),
        table(
            POST,
            f"request {POST}",
            """
            ref       docs  required, 1 to 40 letters, digits and hyphens
            currency  docs  required, ISO 4217
            amount    docs  required, at most the currency's decimals
            to.iban   docs  required, capitals and digits
            to.name   docs  required, at most 70 characters
            note      docs  at most 140 characters
            """,
        ),
        table(
            "A payout",
            "response payout",
            """
            ref       docs
            id        docs  hp- and our number
            currency  docs
            amount    docs
            returned  docs  what came back
            status    docs
            reason?   docs  a text where it failed
            created   docs  Unix seconds
            """,
        ),
        table(
            "What became of a payout",
            "status payout status",
            """
            waiting  docs  for a review
            open     docs
            sent     docs
            paid     docs  also where a part came back
            back     docs  all of it
            failed   docs
            stopped  docs  cancelled or out of date
            """,
        ),
        table("Errors", "response error", "error.code  docs\nerror.field?  docs\nerror.text  docs\nerror  docs"),
        table(
            "Errors",
            "code",
            """
            400 json             docs
            400 field            docs
            401 client           docs
            401 time             docs
            401 proof            docs
            402 funds            docs
            403 closed           docs
            403 off              docs
            404 path             docs
            404 unknown          docs
            405 method           docs
            409 ref_used         docs
            413 size             docs
            415 encoding         docs
            422 amount           docs
            429 slowly           docs
            500 unknown_outcome  docs
            503 later            docs
            503 unknown_outcome  docs
            """,
        ),
    ),
)
