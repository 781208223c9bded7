"""LessPay's server half: which requests are served, who sent them, what they ask, and the signed answer.

Order of checks (decision): path and method → size → headers → appid → timestamp → JSON object → signature → business
rules. It is the order of trust: nobody's body is parsed before their appid is known and their timestamp is of now.
Fields and objects are translated in `translate` and `batch`, codes stand in `codes`, the signature in `signing`.

The trap: only the body is signed. Timestamp, appid and path are not, so a captured body can be sent again; what keeps
it from paying twice is that `request_id` is unique for ever, and there is no store of seen requests (decision).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final, assert_never

import msgspec

from outlay.core.refusal import Refusal
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.banks import supported_banks
from outlay.dialects.lesspay.batch import read_batch
from outlay.dialects.lesspay.samples import LessPaySamples
from outlay.dialects.lesspay.schema import BalanceObject, Envelope, OrderObject
from outlay.dialects.lesspay.signing import Unsignable, sign, verify
from outlay.dialects.lesspay.translate import (
    balance_object,
    order_object,
    read_balance_question,
    read_banks_question,
    read_order,
    read_question,
    single_order,
)
from outlay.kit.characters import has_unseen
from outlay.kit.jsontext import MOST_VALUES, BadJson, parse_object
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Context,
    Credential,
    CredentialRequest,
    IssuedCredential,
    Now,
    Route,
    Verified,
    check_brought,
)
from outlay.wire.fields import CONTENT_TYPE_RULE, is_json_type
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.usecases import (
    AccountFound,
    AccountsListed,
    Answer,
    Ask,
    BalancesRead,
    BankAccountSaved,
    BankAccountsListed,
    BatchOrdered,
    FindOrder,
    Found,
    Greet,
    Greeted,
    OrderBatch,
    Ordered,
    OrderFound,
    OrderPayout,
    PayoutsListed,
    ReadBalances,
    Repeated,
    TransferMade,
    TransfersListed,
)

_APP_ID: Final = "app_id"
_APP_SECRET: Final = "app_secret"  # noqa: S105  # the name of a field, no secret
_APPID_BYTES: Final = 12  # 24 hex characters (docs 7883827m0)
_SECRET_BYTES: Final = 32  # 43 characters; the docs' sample has 16 bytes in 22 (decision)

_encode: Final = msgspec.json.Encoder().encode


class _Claims(msgspec.Struct, frozen=True):
    """What the headers say, in the documented form, not yet checked."""

    timestamp_ms: int
    signature: str


def _identify(request: Request) -> Call | Fault:
    headers = request.headers
    # Two different values of one of these come joined by a comma, and then have none of the forms (decision).
    key_id = headers.get(schema.APPID_HEADER, "")
    timestamp = headers.get(schema.TIMESTAMP_HEADER, "")
    signature = headers.get(schema.SIGNATURE_HEADER, "")
    if not schema.APPID_FORM.fullmatch(key_id):
        return codes.INVALID_APPID
    if not schema.TIMESTAMP_FORM.fullmatch(timestamp):
        return codes.INVALID_TIMESTAMP
    if not schema.SIGNATURE_FORM.fullmatch(signature):
        return codes.INVALID_SIGNATURE
    if "," in headers.get("content-type", ""):
        return codes.INVALID_CONTENT_TYPE
    if not is_json_type(request):
        return codes.malformed(CONTENT_TYPE_RULE)
    return Call(request, key_id, codes.INVALID_APPID, _Claims(int(timestamp), signature))


def _verify(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    return _verify_bounded(call, credential, now_ms, MOST_VALUES)


def _verify_batch(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    return _verify_bounded(call, credential, now_ms, schema.BATCH_MOST_VALUES)


def _verify_bounded(call: Call, credential: Credential, now_ms: int, most_values: int) -> Verified | Fault:
    claims: _Claims = call.claims
    if abs(now_ms - claims.timestamp_ms) > schema.TIMESTAMP_WINDOW_MS:
        return codes.INVALID_TIMESTAMP
    secret: Secret = credential.opened
    try:
        body = parse_object(call.request.body, most_values=most_values)
        is_ours = verify(body, secret.reveal(), claims.signature)
    except BadJson as error:
        return codes.malformed(str(error))
    except Unsignable as error:
        return codes.unsignable(str(error))
    return Verified(body=body) if is_ours else codes.INVALID_SIGNATURE


def _read_create(call: Call, credential: Credential, now: Now) -> OrderPayout | Fault:
    return read_order(call.body, now.here_ms, strict=credential.account.checks_destinations)


def _read_batch(call: Call, credential: Credential, now: Now) -> OrderBatch | Fault:
    return read_batch(call.body, now.here_ms, strict=credential.account.checks_destinations)


def _read_query(call: Call, _credential: Credential, _now: Now) -> FindOrder | Fault:
    return read_question(call.body)


def _read_balance(call: Call, _credential: Credential, _now: Now) -> ReadBalances | Fault:
    question = read_balance_question(call.body)
    return question if isinstance(question, Fault) else ReadBalances(question.currency)


def _read_banks(call: Call, _credential: Credential, _now: Now) -> Greet | Fault:
    """The list stands in this folder; what is asked of Outlay is only whether the caller may ask."""
    question = read_banks_question(call.body)
    return question if isinstance(question, Fault) else Greet()


def _write(answer: Answer, context: Context) -> Response:
    """Orders, and everything that is no answer but a "no"."""
    match answer:
        case Ordered():
            return _write_object(single_order(answer.payout), context)
        case BatchOrdered() | OrderFound():
            return _write_object(order_object(answer.order), context)
        case Repeated():
            return _write_fault(codes.EXISTS if answer.same else codes.REUSED)
        case Refusal():
            return _write_fault(codes.refuse(answer))
        case Fault():
            return _write_fault(answer)
        case (
            AccountFound()
            | AccountsListed()
            | BalancesRead()
            | Greeted()
            | Found()
            | PayoutsListed()
            | BankAccountSaved()
            | BankAccountsListed()
            | TransferMade()
            | TransfersListed()
        ):  # no route that is written here asks for these
            return _write_fault(codes.trouble(Trouble.INTERNAL))
        case _:
            assert_never(answer)


def _write_balance(answer: Answer, context: Context) -> Response:
    question = read_balance_question(context.call.body)
    if not isinstance(answer, BalancesRead) or isinstance(question, Fault):
        return _write(answer, context)
    return _write_object(balance_object(question, answer.balances), context)


def _write_banks(answer: Answer, context: Context) -> Response:
    question = read_banks_question(context.call.body)
    if not isinstance(answer, Greeted) or isinstance(question, Fault):
        return _write(answer, context)
    banks = supported_banks(question.country, question.currency, question.way_code)
    # An array cannot be signed: the rule signs an object (decision).
    return Response(200, _encode(Envelope(code=codes.Code.OK, msg=codes.OK_MESSAGE, data=banks)))


def _write_object(data: OrderObject | BalanceObject, context: Context) -> Response:
    secret: Secret = context.credential.opened
    signature = sign(msgspec.to_builtins(data), secret.reveal())
    return Response(200, _encode(Envelope(code=codes.Code.OK, msg=codes.OK_MESSAGE, data=data, sign=signature)))


def _write_fault(fault: Fault) -> Response:
    body = _encode(Envelope(code=int(fault.code), msg=fault.message, data=None))
    return Response(fault.status, body, fault=fault)


def _imported(brought: Mapping[str, str]) -> IssuedCredential:
    """The merchant's own APPID and appSecret, as they stand."""
    check_brought(brought, needed=(_APP_ID, _APP_SECRET))
    app_id, secret = brought[_APP_ID], brought[_APP_SECRET]
    if not schema.APPID_FORM.fullmatch(app_id):
        raise BadCredentialRequest(f"{_APP_ID} must be 1 to 64 letters, digits, points, underscores and hyphens")
    if has_unseen(secret) or " " in secret:
        raise BadCredentialRequest(f"{_APP_SECRET} must have no blanks and no invisible characters")
    return IssuedCredential(app_id, {_APP_SECRET: secret}, {_APP_ID: app_id})


def _post(
    path: str,
    read: Callable[[Call, Credential, Now], Ask | Fault],
    write: Callable[[Answer, Context], Response] = _write,
    verify: Callable[[Call, Credential, int], Verified | Fault] = _verify,
) -> Route:
    return Route("POST", path, _identify, verify, read, write, longest_body=schema.LONGEST_BODIES[path])


class _LessPay:
    """LessPay 2.0, server half."""

    name: Final = "lesspay"
    prefixes: Final = schema.PREFIXES
    samples: Final = LessPaySamples()
    routes: Final = (
        _post(schema.CREATE_PATH, _read_create),
        _post(schema.BATCH_PATH, _read_batch, verify=_verify_batch),
        _post(schema.QUERY_PATH, _read_query),
        _post(schema.BANKS_PATH, _read_banks, _write_banks),
        _post(schema.BALANCE_PATH, _read_balance, _write_balance),
    )

    def refuse(self, refusal: Refusal) -> Fault:
        return codes.refuse(refusal)

    def trouble(self, trouble: Trouble) -> Fault:
        return codes.trouble(trouble)

    def write_fault(self, fault: Fault, now_ms: int, entropy: bytes) -> Response:
        """The envelope with `data` null and no signature (decision); neither time nor trace id is documented."""
        return _write_fault(fault)

    def issue_credential(self, request: CredentialRequest) -> IssuedCredential:
        """An APPID of 24 lower-case hex characters and an appSecret of 43 URL-safe base64 characters. Raises
        BadCredentialRequest where a public key is offered: LessPay knows shared secrets only."""
        if request.public_key_pem is not None:
            raise BadCredentialRequest("this API takes no public key: it signs with a shared secret")
        if request.brought:
            return _imported(request.brought)
        app_id = request.entropy[:_APPID_BYTES].hex()
        secret_bytes = request.entropy[_APPID_BYTES : _APPID_BYTES + _SECRET_BYTES]
        if len(secret_bytes) != _SECRET_BYTES:
            raise BadCredentialRequest("64 bytes of entropy are needed")
        secret = urlsafe_b64encode(secret_bytes).decode("ascii").rstrip("=")
        return IssuedCredential(app_id, {_APP_SECRET: secret}, {_APP_ID: app_id, _APP_SECRET: secret})

    def open_credential(self, sealed: Mapping[str, Secret]) -> Secret:
        """The appSecret, still wrapped: it is revealed only where a text is signed."""
        return sealed[_APP_SECRET]


DIALECT: Final = _LessPay()
