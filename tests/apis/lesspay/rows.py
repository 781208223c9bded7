"""LessPay 2.0: every documented endpoint, header, field, status word and error code of its payout side.

Sources: the seed page, the documentation site, the vendor's Java demo ("vendor code"); what nobody wrote is a decision.
"""

from __future__ import annotations

from tests.coverage.rows import Api, Row, joined, table

SINGLE = "POST /api/global/payout/create-order"
BATCH = "POST /api/global/payout/batch/create-order"
QUERY = "POST /api/global/payout/query"
BANK = "POST /api/global/payout/bank"
BALANCE = "POST /api/global/payout/balance"

_ENDPOINTS = """
POST /api/global/payout/create-order        docs         one payout
POST /api/global/payout/batch/create-order  docs         1 to 1,000 payouts, all of them or none
POST /api/global/payout/query               seed         what became of an order
POST /api/global/payout/bank                vendor code  supported banks and wallets
POST /api/global/payout/balance             vendor code  the balance in one currency
POST /api/global/payout/triggerNotify       vendor code  ABSENT: Outlay sends no notices yet: nothing to send again
"""

_HEADERS = """
x-auth-appid       seed  who is calling
x-auth-timestamp   seed  Unix milliseconds, 13 digits; within five minutes (decision)
x-auth-signature   seed  64 upper-case hex characters over the body
content-type       seed  application/json
of the answer retry-after  decision  seconds, where there were too many calls
"""

_ENVELOPE = """
code          seed            0 is accepted
msg           seed            SUCCESS on success (decision)
encryptData~  seed            always empty (decision)
sign-         seed, decision  over data, empty on errors
"""

_SHAPES = """
success          seed      data is an object
success, a list  decision  data is the list of banks
error            decision  data is null, encryptData and sign are empty
"""

_SINGLE_REQUEST = """
request_id                                                 docs         at most 64 characters, unique per APPID
amount                                                     docs         text in major units
currency                                                   docs         ISO 4217, or a crypto code
way_code                                                   docs         the channel
way_type                                                   docs         one of the two is needed (decision)
product_name                                               docs
description                                                docs
purpose                                                    docs         such as PYR001
expired_time                                               docs         seconds from creation
notify_url                                                 docs         http or https
beneficiary                                                docs
beneficiary.beneficiary_type                               docs
beneficiary.beneficiary_info                               docs
beneficiary.beneficiary_info.name                          docs         or first and last name
beneficiary.beneficiary_info.first_name                    docs
beneficiary.beneficiary_info.last_name                     docs
beneficiary.beneficiary_info.email                         docs
beneficiary.beneficiary_info.phone                         docs
beneficiary.beneficiary_info.phone.calling_code            docs         at most 5 digits; the demo leaves it out
beneficiary.beneficiary_info.phone.number                  docs
beneficiary.beneficiary_info.address                       docs
beneficiary.beneficiary_info.address.country               docs         alpha-2
beneficiary.beneficiary_info.address.state                 docs
beneficiary.beneficiary_info.address.city                  docs
beneficiary.beneficiary_info.address.postal_code           docs
beneficiary.beneficiary_info.address.line1                 docs
beneficiary.beneficiary_info.address.line2                 docs
beneficiary.beneficiary_info.tax_id                        docs
beneficiary.beneficiary_info.nationality                   docs         alpha-2
beneficiary.beneficiary_info.national_id                   docs
beneficiary.beneficiary_info.date_of_birth                 vendor code  never required (decision)
beneficiary.destination                                    docs
beneficiary.destination.type                               docs
beneficiary.destination.bank                               docs
beneficiary.destination.bank.account_type                  docs
beneficiary.destination.bank.country                       docs         alpha-2
beneficiary.destination.bank.bank_province                 docs
beneficiary.destination.bank.bank_city                     docs
beneficiary.destination.bank.bank_name                     docs
beneficiary.destination.bank.account_number                docs         or iban
beneficiary.destination.bank.iban                          docs         at most 64, check digits are the rail's
beneficiary.destination.bank.bank_codes                    docs
beneficiary.destination.bank.bank_codes.swift_code         docs         8 or 11 characters
beneficiary.destination.bank.bank_codes.ifsc_code          docs
beneficiary.destination.bank.bank_codes.aba_code           docs
beneficiary.destination.bank.bank_codes.sort_code          docs
beneficiary.destination.bank.bank_codes.branch_code        docs
beneficiary.destination.bank.bank_codes.bsb_code           docs
beneficiary.destination.bank.bank_codes.bank_code          docs
beneficiary.destination.bank.bank_codes.cnaps              docs
beneficiary.destination.bank.purpose_code                  docs
beneficiary.destination.bank.branch_name                   docs
beneficiary.destination.crypto_wallet                      docs
beneficiary.destination.crypto_wallet.wallet_address       docs         at most 64, its form is the rail's
beneficiary.destination.crypto_wallet.network              docs
beneficiary.destination.e_wallet                           vendor code  the key has an underscore, the type has none
beneficiary.destination.e_wallet.ewallet_provider          docs
beneficiary.destination.e_wallet.account_number            docs
beneficiary.destination.e_wallet.account_type              docs
beneficiary.destination.e_wallet.deposit_key               docs
"""

_SINGLE_VALUES = """
way_type BANK_TRANSFER                                docs  NO RULE: an example, any text is taken
way_type CRYPTO                                       docs  NO RULE: an example, any text is taken
way_type CARD_PAYMENT                                 docs  NO RULE: an example, any text is taken
way_type WECHAT                                       vendor code  NO RULE: an example, any text is taken
way_type E_WALLET                                     vendor code  NO RULE: an example, any text is taken
way_type WALLET_TRANSFER                              vendor code  NO RULE: an example, any text is taken
beneficiary.beneficiary_type individual               docs
beneficiary.beneficiary_type business                 docs
beneficiary.destination.type bank                     docs
beneficiary.destination.type bank_account             docs         the same as bank
beneficiary.destination.type crypto_wallet            docs
beneficiary.destination.type ewallet                  docs
beneficiary.destination.bank.account_type savings     docs
beneficiary.destination.bank.account_type checking    docs
beneficiary.destination.bank.account_type payment     docs
beneficiary.destination.crypto_wallet.network TRC20   docs
beneficiary.destination.crypto_wallet.network ERC20   docs
beneficiary.destination.crypto_wallet.network BEP20   docs
beneficiary.destination.e_wallet.account_type cpf     docs
beneficiary.destination.e_wallet.account_type cnpj    docs
beneficiary.destination.e_wallet.account_type email   docs
beneficiary.destination.e_wallet.account_type phone   docs
beneficiary.destination.e_wallet.account_type random  docs
way_code TAZAPAY_PAYOUT                               vendor code  PHP
way_code AWEPAY_PAYOUT                                vendor code  IDR
way_code EPAY_PAYOUT                                  vendor code  PHP
way_code KORAPAY_PAYOUT                               vendor code  NGN, KES
way_code OKAYSPAY_PAYOUT                              vendor code  VND
way_code ONEPAY_PAYOUT                                vendor code  JPY
way_code OVERPAY_PAYOUT                               vendor code  THB
way_code PAYRETAILERS_PAYOUT                          vendor code  BRL
way_code TEEMOPAY_PAYOUT                              vendor code  PKR
way_code TWELVEPAY_PAYOUT                             vendor code  THB
"""

_ANYWHERE_VALUES = """
currency USDT             docs
currency USDC             docs
currency BTC              docs
currency ETH              docs
date_of_birth YYYY-MM-DD  vendor code  in the examples
date_of_birth DD-MM-YYYY  vendor code  in the comment
"""

_BATCH_REQUEST = """
request_id                                       docs         shares its name space with single payouts (decision)
currency                                         docs
total_amount                                     docs         the exact sum of the details
way_code                                         docs
way_type                                         docs
destination_type                                 vendor code  bank where it is missing
notify_url                                       docs
product_name                                     docs
description                                      docs
transaction_network                              docs
expired_time                                     docs         seconds
payout_order_details                             docs         1 to 1,000 (decision)
payout_order_details[].mch_order_id              docs         unique in the batch
payout_order_details[].amount                    docs
payout_order_details[].destination_type          docs         the documents' table has it here
payout_order_details[].bank_account_no           docs
payout_order_details[].bank_account_name         docs
payout_order_details[].bank_account_type         docs
payout_order_details[].bank_name                 docs
payout_order_details[].bank_country_code         docs         alpha-2
payout_order_details[].bank_swift_code           docs         8 or 11 characters
payout_order_details[].e_wallet                  vendor code  another shape than that of a single payout
payout_order_details[].e_wallet.account_name     vendor code
payout_order_details[].e_wallet.account_type     vendor code
payout_order_details[].e_wallet.account_number   vendor code
payout_order_details[].e_wallet.provider         vendor code
payout_order_details[].e_wallet.deposit_key_type  vendor code
payout_order_details[].e_wallet.deposit_key      vendor code
"""

_BATCH_VALUES = """
destination_type bank                                        docs
destination_type crypto_wallet                               docs
destination_type ewallet                                     docs
payout_order_details[].bank_account_type business            docs
payout_order_details[].bank_account_type individual          docs
payout_order_details[].e_wallet.account_type individual      vendor code
payout_order_details[].e_wallet.account_type business        vendor code
payout_order_details[].e_wallet.deposit_key_type random      vendor code
payout_order_details[].e_wallet.deposit_key_type pix_key     vendor code
payout_order_details[].e_wallet.deposit_key_type upi_handle  vendor code
payout_order_details[].e_wallet.deposit_key_type phone       vendor code
"""

_QUERY_REQUEST = """
request_id    seed  at most 64 characters
pay_order_id  seed  one of the two is needed, both must name the same order
"""

_QUERY_ANSWER = """
pay_order_id                      seed
request_id                        seed
order_status                      seed
currency                          seed
total_amount                      seed         what was requested
decimal_places                    vendor code
fail_reason?                      seed         null unless FAILED, CANCELED, CLOSED or PARTIAL_SUCCESS
created_at                        seed         milliseconds as text
details                           seed         one for each transfer, in request order
details[].payout_order_detail_id  seed
details[].mch_order_id            seed
details[].amount                  seed         what was requested
details[].actual_amount?          vendor code  null until paid
details[].status                  seed
details[].audit_state             vendor code
details[].fail_reason?            seed         null unless failed
details[].rejected_reason?        vendor code  null unless the review rejected it
details[].channel_order_no?       seed         null until sent to a channel
details[].bank_account_no-         seed         masked; empty where another API ordered it without one
details[].bank_account_name-       seed         masked; empty where no name was given
details[].bank_account_type?      vendor code  null where not given
details[].bank_name?              vendor code  null where not given
details[].bank_country_code?      vendor code  null where not given
details[].bank_swift_code?        vendor code  null where not given
details[].success_time?           vendor code  null until paid
"""

# The same object, of an order that has just been made (decision): nothing can have happened to it yet.
_CREATED_ANSWER = """
pay_order_id                      docs, decision
request_id                        decision
order_status                      decision
currency                          decision
total_amount                      decision
decimal_places                    decision
fail_reason~                      decision  null: nothing has happened yet
created_at                        decision
details                           decision
details[].payout_order_detail_id  decision
details[].mch_order_id            decision  of a single payout its request_id
details[].amount                  decision
details[].actual_amount~          decision  null: nothing has happened yet
details[].status                  decision
details[].audit_state             decision
details[].fail_reason~            decision  null: nothing has happened yet
details[].rejected_reason~        decision  null: nothing has happened yet
details[].channel_order_no~       decision  null: nothing has happened yet
details[].bank_account_no         decision  masked
details[].bank_account_name-      decision  masked; empty where no name was given
details[].bank_account_type?      decision
details[].bank_name?              decision
details[].bank_country_code?      decision
details[].bank_swift_code?        decision
details[].success_time~           decision  null: nothing has happened yet
"""

_BANK_REQUEST = """
bank_country_code  vendor code  alpha-2
currency           vendor code
way_code           vendor code
"""

_BANK_ANSWER = """
[].bank_code         decision
[].bank_name         decision
[].destination_type  decision  bank or ewallet
"""

_BALANCE_REQUEST = """
currency  vendor code
way_code  vendor code
"""

_BALANCE_ANSWER = """
currency           decision
way_code           decision
total_balance      decision  frozen and available
frozen_balance     decision
available_balance  decision
"""

_ORDER_STATUS = """
PENDING_CONFIRM  docs  0: waits for the review
PENDING_PAY      docs  1: under way
SUCCEED          docs  2
FAILED           docs  3: also rejected by the review
CANCELED         docs  4
REFUND           docs  5
CLOSED           docs  6: its time was over before it left
PARTIAL_SUCCESS  docs  11: some details succeeded
PAID             docs  12 ABSENT: a word of pay-in
SUCCESS          docs  ABSENT: the notification page's spelling; the enumeration's SUCCEED is written
"""

_DETAIL_STATUS = """
CREATED     vendor code
PROCESSING  vendor code
SUCCEEDED   vendor code
FAILED      vendor code
CANCELED    vendor code
REFUNDED    vendor code
CLOSED      vendor code
Succeeded   vendor code  ABSENT: another spelling of SUCCEEDED
SUCCEED     vendor code  ABSENT: another spelling of SUCCEEDED
"""

_AUDIT = """
PENDING   vendor code  waits for the reviewer
APPROVED  vendor code
REJECTED  vendor code  with rejected_reason
"""

_CODES = """
0      seed      accepted, or found
30000  docs      a field is missing or malformed, and has no narrower code
30001  docs      the currency is not supported
30002  docs      total_amount is not the sum of the details
30003  docs      rejected by the review ABSENT: the review comes after the answer; the order says so in fail_reason
30004  docs      beneficiary type is neither business nor individual
30005  docs      country is no assigned alpha-2 code in upper case (decision)
30006  docs      bank account, wallet number or address malformed; a bank code with invisible characters (decision)
30007  docs      mch_order_id twice in the batch
30008  docs      transaction_type is not payout
30009  docs      amount is not a positive number in text
30010  docs      request_id used before with other parameters, by the content of the body (decision)
30011  docs      request_id exists already, with the same content in whatever order of keys (decision)
30020  docs      order not found
30021  docs      detail not found ABSENT: no endpoint takes the id of a detail
9999   docs      see msg
10     docs      system exception, outcome unknown; HTTP 500 (decision)
11     docs      parameter error ABSENT: of pay-in; 30000 is sent
12     docs      database trouble ABSENT: of pay-in; 503 is sent
1201   docs      duplicate data ABSENT: of pay-in; 30011 is sent
1202   docs      not found ABSENT: of pay-in; 30020 is sent
5000   docs      create failed ABSENT: of pay-in
5002   docs      update failed ABSENT: of pay-in
5003   docs      record missing ABSENT: of pay-in
5004   docs      permission ABSENT: of pay-in; 403 is sent
400    decision  with HTTP 400
401    decision  with HTTP 401
403    decision  with HTTP 403
404    decision  with HTTP 404
405    decision  with HTTP 405
413    decision  with HTTP 413
415    decision  with HTTP 415
503    decision  with HTTP 503
"""

_TEXTS = """
9999 insufficient balance         decision  funds are short
9999 balance query not supported  decision  a channel without a balance
9999 order not final              decision  ABSENT: belongs to triggerNotify
"""

_HTTP = """
200  docs  also business errors (decision)
400  docs  no JSON object
401  docs  key, timestamp or signature missing or wrong; a header twice with different values (decision)
403  docs  not allowed: the account is closed (decision)
404  docs  no such path
405  docs  wrong method
413  decision  body too large
415  decision  body compressed
500  docs  internal fault
503  docs  too many calls, or out of service for the moment; outcome unknown (decision)
"""


def _endpoint(name: str, request: str, answer: str) -> tuple[Row, ...]:
    return joined(table(name, f"request {name}", request), table(name, f"response {name}", answer))


API = Api(
    name="lesspay",
    title="LessPay 2.0",
    left_out="Notifications (Outlay sends none yet) and pay-in.",
    rows=joined(
        table("Endpoints", "endpoint", _ENDPOINTS),
        table("Headers", "header", _HEADERS),
        table("Envelope of an answer", "response envelope", _ENVELOPE),
        table("Envelope of an answer", "shape", _SHAPES),
        _endpoint(SINGLE, _SINGLE_REQUEST, _CREATED_ANSWER),
        table(f"{SINGLE}: documented values", f"value {SINGLE}", _SINGLE_VALUES),
        table(f"{SINGLE}: documented values", "value", _ANYWHERE_VALUES),
        _endpoint(BATCH, _BATCH_REQUEST, _CREATED_ANSWER),
        table(f"{BATCH}: documented values", f"value {BATCH}", _BATCH_VALUES),
        _endpoint(QUERY, _QUERY_REQUEST, _QUERY_ANSWER),
        _endpoint(BANK, _BANK_REQUEST, _BANK_ANSWER),
        _endpoint(BALANCE, _BALANCE_REQUEST, _BALANCE_ANSWER),
        table("Status of an order", "status order_status", _ORDER_STATUS),
        table("Status of a detail", "status details[].status", _DETAIL_STATUS),
        table("Status of the review", "status details[].audit_state", _AUDIT),
        table("Codes", "code", _CODES),
        table("Codes: texts of 9999", "text", _TEXTS),
        table("HTTP status", "http", _HTTP),
    ),
)
