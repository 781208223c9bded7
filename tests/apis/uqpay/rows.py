"""UQPAY Global Acquiring v1.6: every documented endpoint, header, field, status word and error code of its payout side.

Sources: the seed page, the documentation, the published clients ("vendor code"); what nobody wrote is a decision.
"""

from __future__ import annotations

from tests.coverage.rows import Api, Row, joined, table

TOKEN = "POST /api/v1/connect/token"
CREATE = "POST /api/v2/payment/payout/create"
RETRIEVE = "GET /api/v2/payment/payout/{payout_id}"
LIST = "GET /api/v2/payment/payout"
BALANCES = "GET /api/v2/payment/balances"
BALANCE = "GET /api/v2/payment/balances/{currency}"
BANK_ACCOUNT_CREATE = "POST /api/v2/payment/bankaccount/create"
BANK_ACCOUNTS = "GET /api/v2/payment/bankaccount"
BANK_ACCOUNT = "GET /api/v2/payment/bankaccount/{id}"
BANK_ACCOUNT_UPDATE = "POST /api/v2/payment/bankaccount/{id}"
TRANSFER_CREATE = "POST /api/v1/transfer"
TRANSFERS = "GET /api/v1/transfer"
TRANSFER = "GET /api/v1/transfer/{id}"
ACCOUNTS = "GET /api/v1/accounts"
ACCOUNT = "GET /api/v1/accounts/{id}"

_ENDPOINTS = f"""
{TOKEN}                docs         a token for 30 minutes
{CREATE}               docs
{RETRIEVE}             seed
{LIST}                 docs
{BALANCES}             docs
{BALANCE}              docs
{BANK_ACCOUNT_CREATE}  docs
{BANK_ACCOUNTS}        vendor code
{BANK_ACCOUNT}         vendor code
{BANK_ACCOUNT_UPDATE}  vendor code
{TRANSFER_CREATE}      docs         between a master and its connected accounts
{TRANSFERS}            vendor code
{TRANSFER}             vendor code
{ACCOUNTS}             docs         from here come the ids of x-on-behalf-of
{ACCOUNT}              docs
"""

_HEADERS = """
x-client-id             docs                   of the token call, optional elsewhere
x-api-key               docs                   of the token call
x-auth-token            seed                   the token
POST x-idempotency-key  docs                   1 to 64 visible ASCII characters; of a UUID no case of letters counts
GET x-idempotency-key   seed                   the Python client sends none: optional (decision)
x-on-behalf-of          seed                   a connected account
content-type            docs                   application/json
of the answer retry-after  decision            seconds, with 429
"""

_HEADER_FORMS = """
x-auth-token bare     seed         as in the curl of most pages
x-auth-token Bearer   docs         Bearer and a blank before the token, in any case of letters
x-on-behalf-of empty  seed         is the master itself
x-on-behalf-of long   seed
x-on-behalf-of short  docs         as the vendor's MCP server tells
"""

_TOKEN_FORMS = """
without a body  vendor code
with a body     vendor code
"""

_TOKEN_ANSWER = """
auth_token  docs
expired_at  docs  Unix seconds
"""

_CLAIMS = """
entity_id         vendor code  the account_id
short_entity_id   vendor code  its short id
parent_entity_id  vendor code  the master's account_id, 0 for a master
client_id         vendor code
api_version       vendor code
bus_type          vendor code
exp               docs         the end, as expired_at
iat               decision
iss               docs         outlay (decision)
jti               decision
"""

_PAYOUT = """
payout_id             seed
payout_currency       seed
payout_amount         seed  text
statement_descriptor  seed
payout_status         seed
create_time           seed
internal_note-        seed  empty where not given (decision)
completed_time-       seed  empty until final
"""

_CREATED = _PAYOUT.replace(
    "completed_time-       seed  empty until final", "completed_time~       docs  empty: not final yet"
)

_CREATE_REQUEST = """
payout_currency       docs
payout_amount         docs
statement_descriptor  docs  1 to 15 characters
internal_note         docs  at most 255 characters, lines and tabs too
payout_account_id     docs  an internal transfer to the calling account or another own one
"""

_CREATE_FORMS = """
payout_amount as text      docs
payout_amount as number    vendor code
payout_amount with an exponent  vendor code  as Java's BigDecimal writes it
payout_account_id long     docs
payout_account_id short    docs
"""

_PAGES = """
page_number  docs  from 1
page_size    docs  1 to 100
"""

_LIST_REQUEST = """
page_number    docs  from 1
page_size      docs  1 to 100
start_time     docs
end_time       docs  at most one month after start_time
payout_status  docs
"""

_LIST_FORMS = """
start_time as date       docs         UTC+8 (inference)
start_time as date-time  vendor code
end_time as date         docs
end_time as date-time    vendor code
"""

_STATUS = """
INITIATED        seed
PROCESSING       seed
COMPLETED        seed
FAILED           seed
FAILED_REFUNDED  seed
"""

_PAGE = """
total_pages  docs
total_items  docs
data         docs
"""

_BALANCE = """
balance_id         docs  UUID
currency           docs
available_balance  docs
payable_balance    docs
pending_balance    docs
reserved_balance   docs  nothing is ever reserved here
margin_balance     docs  nothing is ever kept as margin here
frozen_balance     docs  nothing is ever frozen here
"""

_BANK_ACCOUNT_REQUEST = """
account_number     docs  5 to 60
bank_name          docs
bank_address       docs
swift_code         docs  8 to 11
bank_country_code  docs  alpha-2
currency           docs
bank_code_type     docs
bank_code_value    docs
bank_branch_code   docs  CAD
"""

_BANK_ACCOUNT_UPDATE = "\n".join(line for line in _BANK_ACCOUNT_REQUEST.splitlines() if "currency " not in line)

_BANK_CODE_TYPES = """
bank_code_type aba           docs  USD in the US
bank_code_type bank_code     docs  CAD, HKD
bank_code_type sort_code     docs  GBP
bank_code_type bsb_code      docs  AUD
bank_code_type ifsc          docs  INR
bank_code_type cnaps_number  docs  CNH in China
"""

_BANK_ACCOUNT_ANSWER = """
id                 docs  UUID
account_number     docs  in full
account_name       docs
account_status     docs
bank_name          docs
bank_address       docs
swift_code         docs
bank_country_code  docs
currency           docs
bank_code_type-    docs
bank_code_value-   docs
bank_branch_code-  docs
"""

_ACCOUNT_STATUS = """
Valid    docs
Invalid  docs
"""

_TRANSFER_REQUEST = """
source_account_id  docs
target_account_id  docs
currency           docs
amount             docs  text
reason             docs
"""

_TRANSFER_CREATED = """
transfer_id         docs  UUID
short_reference_id  docs
"""

_TRANSFERS_REQUEST = """
page_number      vendor code
page_size        vendor code
start_time       vendor code
end_time         vendor code
transfer_status  vendor code
currency         vendor code  one, or several parted by commas (docs)
"""

_TRANSFERS_FORMS = """
currency one      vendor code
currency several  docs
"""

_TRANSFER_ANSWER = """
transfer_id               vendor code
short_reference_id        vendor code
reference_id              vendor code
source_account_name       vendor code
destination_account_name  vendor code
transfer_currency         vendor code
transfer_amount           vendor code
transfer_status           vendor code
create_time               vendor code
complete_time             vendor code
created_by                vendor code
transfer_reason           vendor code  as it was sent
"""

_TRANSFER_STATUS = """
completed  vendor code
failed     vendor code  ABSENT: a transfer is made or refused; none fails later
"""

_ACCOUNTS_REQUEST = """
page_size    docs         1 to 100 (decision), 10 where left out
page_number  docs         from 1
status       vendor code  an unknown word fits none (decision)
"""

_ACCOUNT_REQUEST = """
business_code  vendor code  ACQUIRING, or empty
"""

_ACCOUNTS_ANSWER = """
account_id              docs  UUID
short_reference_id      docs  the short id, which never changes (decision)
business_code           docs  ACQUIRING (decision)
email~                  docs  Outlay keeps none
account_name            docs
status                  docs
verification_status     docs
country                 docs
entity_type             docs  COMPANY (decision)
contact_details         docs
contact_details.email~  docs  Outlay keeps none
contact_details.phone~  docs  Outlay keeps none
"""

_ACCOUNT_ANSWER = f"""{_ACCOUNTS_ANSWER}review_reason~          docs  nobody looks into accounts here
"""

_NO_PAPERS = """
business_details      docs  ABSENT: Outlay keeps no papers about merchants
registration_address  docs  ABSENT: Outlay keeps no papers about merchants
business_address      docs  ABSENT: Outlay keeps no papers about merchants
representatives       docs  ABSENT: Outlay keeps no papers about merchants
documents             docs  ABSENT: Outlay keeps no papers about merchants
person_details        docs  ABSENT: Outlay keeps no papers about merchants
residential_address   docs  ABSENT: Outlay keeps no papers about merchants
tos_acceptance        docs  ABSENT: Outlay keeps no papers about merchants
"""

_CONNECTED_STATUS = """
status ACTIVE                 vendor code
status CLOSED                 vendor code
status PROCESSING             docs         ABSENT: an account here is open at once
status INACTIVE               vendor code  ABSENT: an account here is open or closed
verification_status APPROVED  docs
verification_status PENDING   docs         ABSENT: the operator opens accounts, and nobody verifies them here
verification_status REJECT    docs         ABSENT: the operator opens accounts, and nobody verifies them here
verification_status EXPIRED   docs         ABSENT: the operator opens accounts, and nobody verifies them here
verification_status RETURN    docs         ABSENT: the operator opens accounts, and nobody verifies them here
"""

_CODES = """
invalid_request_error missing_parameter      docs
invalid_request_error invalid_parameter      docs
idempotency_error invalid_key_format         docs
idempotency_error key_mismatch_api           docs         the key was used on another endpoint
idempotency_error key_mismatch_account       docs         the key was used on another account
idempotency_error key_mismatch_body          decision     the key was used with another body
idempotency_error request_being_processed    docs         ABSENT: the text that clients look for travels in envelope B
account_error account_not_found              docs
account_error sub_account_not_found          docs
account_error user_not_found                 docs         ABSENT: there are no users
account_error product_not_found              docs         ABSENT: there are no products
payout_error payout_disabled                 docs
payout_error disabled_transfer_type          docs
payout_error invalid_currency                docs
payout_error invalid_amount                  docs
payout_error invalid_parameter               docs         ABSENT: invalid_request_error says it
payout_error insufficient_balance            decision
payout_error bank_account_not_found          decision     no bank account of the merchant's in the currency
not_found payout_not_found                   docs, decision
not_found balance_not_found                  docs, decision
not_found bank_account_not_found             docs, decision
not_found transfer_not_found                 docs, decision
unauthorized_error unauthorized_error        docs         no token, or none of this form
api_error velocity_limit_exceeded            docs         HTTP 429
api_error api_error                          docs         HTTP 500
"""

_TYPES = """
invalid_request_error  docs
idempotency_error      docs
idempotence_error      docs  ABSENT: an older page's spelling
account_error          docs
payout_error           docs
not_found              docs  HTTP 400
unauthorized_error     docs
api_error              docs
customer_error         docs  ABSENT: not of payouts
payment_error          docs  ABSENT: not of payouts
refund_error           docs  ABSENT: not of payouts
product_error          docs  ABSENT: not of payouts
"""

_OTHER_CODES = """
400                      docs         envelope B: all about connected accounts; request is processing (decision)
404                      docs         envelope B
405                      docs         envelope B
413                      docs         envelope B
415                      decision     envelope B: the body is compressed
error token has expired  vendor code  clients refresh on this text
error Invalid client id  docs
error invalid api key    decision
error Forbidden          docs         ABSENT: there is one environment
"""

_TEXTS = """
400 request is processing  vendor code
400 account not found      decision     of a connected account
"""

_SHAPES = """
A        docs  type, code, message
B        docs  code (a number), message
gateway  docs  error
"""

_HTTP = """
200  docs
400  docs  also "not found"
401  docs
403  docs  ABSENT: there is one environment
404  docs
405  docs
413  docs
415  decision  the body is compressed
429  docs
500  docs
"""


def _endpoint(name: str, request: str, answer: str) -> tuple[Row, ...]:
    return joined(table(name, f"request {name}", request), table(name, f"response {name}", answer))


def _listed(name: str, request: str, item: str) -> tuple[Row, ...]:
    items = "\n".join(f"data[].{line}" for line in item.strip().splitlines())
    return joined(_endpoint(name, request, _PAGE), table(name, f"response {name}", items))


API = Api(
    name="uqpay",
    title="UQPAY Global Acquiring v1.6",
    left_out="Webhooks (Outlay sends none yet), pay-in and the other products.",
    rows=joined(
        table("Endpoints", "endpoint", _ENDPOINTS),
        table("Headers", "header", _HEADERS),
        table("Headers", "form", _HEADER_FORMS),
        table(TOKEN, f"form {TOKEN}", _TOKEN_FORMS),
        table(TOKEN, f"response {TOKEN}", _TOKEN_ANSWER),
        table(TOKEN, "claim", _CLAIMS),
        _endpoint(CREATE, _CREATE_REQUEST, _CREATED),
        table(CREATE, f"form {CREATE}", _CREATE_FORMS),
        table(RETRIEVE, f"response {RETRIEVE}", _PAYOUT),
        _listed(LIST, _LIST_REQUEST, _PAYOUT),
        table(LIST, f"form {LIST}", _LIST_FORMS),
        table(LIST, f"value {LIST} payout_status", _STATUS),
        table("Status of a payout", "status payout_status", _STATUS),
        _listed(BALANCES, _PAGES, _BALANCE),
        table(BALANCE, f"response {BALANCE}", _BALANCE),
        _endpoint(BANK_ACCOUNT_CREATE, _BANK_ACCOUNT_REQUEST, _BANK_ACCOUNT_ANSWER),
        table(BANK_ACCOUNT_CREATE, f"value {BANK_ACCOUNT_CREATE}", _BANK_CODE_TYPES),
        _listed(BANK_ACCOUNTS, _PAGES, _BANK_ACCOUNT_ANSWER),
        table(BANK_ACCOUNT, f"response {BANK_ACCOUNT}", _BANK_ACCOUNT_ANSWER),
        _endpoint(BANK_ACCOUNT_UPDATE, _BANK_ACCOUNT_UPDATE, _BANK_ACCOUNT_ANSWER),
        table("Status of a bank account", "status account_status", _ACCOUNT_STATUS),
        _endpoint(TRANSFER_CREATE, _TRANSFER_REQUEST, _TRANSFER_CREATED),
        _listed(TRANSFERS, _TRANSFERS_REQUEST, _TRANSFER_ANSWER),
        table(TRANSFERS, f"form {TRANSFERS}", _TRANSFERS_FORMS),
        table(TRANSFER, f"response {TRANSFER}", _TRANSFER_ANSWER),
        table("Status of a transfer", "status transfer_status", _TRANSFER_STATUS),
        _listed(ACCOUNTS, _ACCOUNTS_REQUEST, _ACCOUNTS_ANSWER),
        _endpoint(ACCOUNT, _ACCOUNT_REQUEST, _ACCOUNT_ANSWER),
        table(ACCOUNT, f"response {ACCOUNT}", _NO_PAPERS),
        table("Status of a connected account", "status", _CONNECTED_STATUS),
        table("Types of errors", "code", _TYPES),
        table("Codes of errors", "code", _CODES),
        table("Errors without a type", "code", _OTHER_CODES),
        table("Errors without a type", "text", _TEXTS),
        table("Shapes of errors", "shape", _SHAPES),
        table("HTTP status", "http", _HTTP),
    ),
)
