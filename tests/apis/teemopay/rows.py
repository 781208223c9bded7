"""TeemoPay: every documented endpoint, header, field, status and error code of its payout side, in every country.

Sources: the seed page, the public documentation, its Java sample; what nobody wrote is a decision. English and Chinese
pages disagree in places: the Chinese ones are fuller.
"""

from __future__ import annotations

from tests.apis.teemopay.country_rows import COUNTRY_ROWS
from tests.apis.teemopay.faults import LENGTHS_429, TEXTS
from tests.coverage.rows import Api, Row, joined, table

CREATE = "POST /api/pay/payout/create/v1"
QUERY = "POST /api/pay/payout/query/v1"
BALANCE = "POST /api/pay/merchant/balance"
LIST = "POST /api/pay/transaction/queryList"

_ENDPOINTS = """
POST /api/pay/payout/create/v1       docs  one payout
POST /api/pay/payout/query/v1        seed  what became of it
POST /api/pay/merchant/balance       docs
POST /api/pay/transaction/queryList  docs  payouts of a time range, page by page
"""

_HEADERS = """
app_code      docs  at most 32 characters; the underscore makes some proxies drop it
country       docs  two letters
nonce         docs  32 characters, once within 24 hours
timestamp     docs  Unix milliseconds, 13 digits; within 30 seconds (decision)
content-type  docs  application/json
of the answer retry-after  decision  seconds, where there were too many calls
"""

_ENVELOPE = """
code     docs  200 is processed, not paid
msg      docs  success on 200
traceId  docs
"""

_NOT_FOUND = """
code     seed  400
msg      seed  Order not found
success  seed  false
traceId  docs  instead of success in AR BP KR PE PK
"""

_SHAPES = """
success          docs  code, data, msg, traceId
error            docs  the same, data is null
order not found                  seed  code, msg, success
order not found, with a traceId  docs  code, msg, traceId: in AR BP KR PE PK
"""

_CREATE_REQUEST = """
merchantOrderNo  docs  at most 32 characters, unique for ever
amount           docs  text, at most the currency's decimals
bankCode         docs
bankName         docs
accountType      docs
bankAccount      docs
realName         docs
idCardNumber     docs
idType           docs
callbackUrl      docs  at most 200 characters
phone            docs
sign             docs
"""

_CREATE_ANSWER = """
merchantOrderNo  docs
tradeNo          docs
amount           docs
status           docs
"""

_QUERY_REQUEST = """
merchantOrderNo  seed
sign             seed
"""

_QUERY_ANSWER = """
merchantOrderNo               seed
tradeNo                       seed
amount                        seed  two decimals, also of integer currencies
status                        seed
serviceAmount                 seed  immService and amount × serviceRate, half up
serviceRate                   seed  four decimals
immService                    seed
totalRefundAmount             docs  absent without a refund
refundDetails                 docs  absent without a refund
refundDetails[].refundNo      docs
refundDetails[].refundAmount  docs
refundDetails[].refundStatus  docs
refundDetails[].refundTime    docs
errorCode?                    seed  null unless 3, 4 or 5
errorMessage?                 seed  null unless 3, 4 or 5
completeTime?                 seed  local time; null while 1
claveRastreo?                 docs  Mexico: the payment at the bank, null until it was paid
cepUrl?                       docs  Mexico: the bank's receipt; Brazil: null, beside refund fields; else none (decision)
"""

_BALANCE_REQUEST = """
sign  docs
"""

_BALANCE_ANSWER = """
totalAmount   docs  frozen and available
frozenAmount  docs
availAmount   docs
"""

_LIST_REQUEST = """
pageIndex  docs  cursor of the page before
pageSize   docs  500 where it is missing, at most 1000
type       docs  600 where it is missing or another (decision)
status     docs
beginTime  docs  local time with milliseconds
endTime    docs  local time with milliseconds
sign       docs
"""

_LIST_VALUES = """
type PAYIN   docs  a list without records: there is no pay-in (decision)
type PAYOUT  docs
"""

_LIST_FORMS = """
status as int  docs
status as str  docs  in the example
"""

_LIST_ANSWER = """
pageIndex?                   docs  null on the last page (decision)
records                      docs
records[].type               docs
records[].merchantOrderNo    docs
records[].tradeNo            docs
records[].amount             docs
records[].transactionAmount  docs  what moved, 0.00 on failure
records[].serviceAmount      docs
records[].status             docs
records[].settleStatus~      docs  null: nothing is settled here
records[].createTime         docs
records[].completeTime?      docs
records[].settleTime~        docs  null: nothing is settled here
records[].failReason?        docs
records[].paymentList        docs  empty for payouts
"""

_STATUS = """
0  docs  only of cashier pay-in ABSENT: no state of a payout is shown as 0
1  docs  processing
2  docs  paid; not the end
3  docs  failed
4  docs  refunded in full
5  docs  refunded in part
"""

_CREATE_STATUS = """
1  docs  processing
3  docs  failed ABSENT: a payout is accepted or refused; it cannot have failed when it is answered
"""

_REFUND_STATUS = """
2  docs  done; so in every example (decision)
0  docs  partial ABSENT: contradicts every example
1  docs  full ABSENT: contradicts every example
"""

_CODES = """
200  docs  processed
400  seed  Order not found
401  docs  INVALID_PARAMS ABSENT: one page of one country has it; 414 is sent
412  docs  try again later, outcome unknown: also too many calls (decision)
414  docs  a parameter is missing or wrong; also signature, nonce, timestamp (decision)
416  docs  application not found
417  docs  the application has no account
418  docs  the merchant is closed
421  docs  payout method not supported: in BR and MX, elsewhere 414
423  docs  ABSENT: pay-in
424  docs  ABSENT: pay-in
425  docs  insufficient balance, also none at all (decision)
426  docs  merchantOrderNo seen before
427  docs  neither callbackUrl nor a configured one
429  docs  the bank code does not fit the card, or the length does not
430  docs  card length
431  docs  bank code not supported
432  docs  account, bank and method do not fit
434  docs  Merchant order not exist, in the countries whose page has it
438  docs  CO: account of type 203
440  docs  CO: account of type 203, length
441  docs  id length ABSENT: pay-in
443  docs  id missing ABSENT: pay-in
445  docs  amount must be an integer ABSENT: documented for pay-in; 414 with that text is sent
455  docs  account type
460  docs  method unavailable ABSENT: pay-in
462  docs  the recipient is blocked
464  docs  MX phone ABSENT: pay-in
465  docs  channel ABSENT: pay-in
466  docs  fee rate ABSENT: pay-in
469  docs  PK: wallet code
470  docs  PK: bank name
471  docs  PK: id type
472  docs  expiry format ABSENT: pay-in
473  docs  configuration missing
474  docs  expiry format ABSENT: pay-in
475  docs  id type
476  docs  id number
478  docs  id format ABSENT: pay-in
479  docs  id format ABSENT: pay-in
480  docs  id format ABSENT: pay-in
481  docs  MX: account length
482  docs  the account does not fit accountType
485  docs  e-mail ABSENT: pay-in
486  docs  phone ABSENT: pay-in
500  docs  anything else, outcome unknown
600  docs  list: type
601  docs  list: more than 90 days ago
602  docs  list: more than 31 days
603  docs  list: begins in the future
604  docs  list: begins after its end
605  docs  list: status
606  docs  list: cursor
607  docs  ABSENT: another country's list call
700  docs  ABSENT: another country's bank-id call
701  docs  ABSENT: another country's bank-id call
702  docs  ABSENT: another country's bank-id call
703  docs  ABSENT: another country's bank-id call
704  docs  ABSENT: another country's bank-id call
705  docs  ABSENT: another country's bank-id call
706  docs  ABSENT: another country's bank-id call
"""

_TEXTS = """
414 sign verification failed   decision
414 timestamp expired          decision
414 nonce invalid              decision
414 nonce repeated             decision
414 country mismatch           decision
414 Amount must be an integer  decision
"""

_PRINTED_TEXTS = "\n".join(
    f"{code} {text}  docs" for code, text in [*TEXTS.items(), *((429, text) for text in LENGTHS_429)]
)

_HTTP = """
200  decision  also with another code than 200
400  decision  no JSON object
404  decision  no such path
405  decision  wrong method
413  decision  body too large
415  decision  body compressed
500  decision  internal fault
"""

_FAILURES = """
1000  docs  the account does not exist or is restricted
1001  docs  returned
1002  docs  the channel's server fluctuates
1003  docs  several failures within 30 minutes
1004  docs  wallet limit exceeded
1005  docs  amount outside the limits
1006  docs  account or wallet frozen
1007  docs  account or wallet abnormal
1008  docs  request field error
1009  docs  channel request error
1010  docs  network unstable
1011  docs  parameter validation error
1012  docs  wrong payment method
1013  docs  receiver information invalid
1014  docs  account missing or id mismatch
1015  docs  insufficient balance at the rail
1016  docs  returned by the recipient or its bank
1018  docs  CL: account number
1019  docs  CL: RUT
1020  docs  CL: bank not supported
1021  docs  CL: document id
1022  docs  CL: account type mismatch
1024  seed  FINAL_FAILURE_MANUAL: ended or returned by decision; in an example, in no table
9999  docs  others
"""


def _endpoint(name: str, request: str, answer: str) -> tuple[Row, ...]:
    return joined(table(name, f"request {name}", request), table(name, f"response {name}", answer))


API = Api(
    name="teemopay",
    title="TeemoPay",
    left_out="Callbacks (Outlay sends none yet) and pay-in.",
    rows=joined(
        table("Endpoints", "endpoint", _ENDPOINTS),
        table("Headers", "header", _HEADERS),
        table("Envelope of an answer", "response envelope", _ENVELOPE),
        table("Envelope of an answer", "response not found", _NOT_FOUND),
        table("Envelope of an answer", "shape", _SHAPES),
        _endpoint(CREATE, _CREATE_REQUEST, _CREATE_ANSWER),
        table(CREATE, f"status {CREATE} status", _CREATE_STATUS),
        _endpoint(QUERY, _QUERY_REQUEST, _QUERY_ANSWER),
        table(QUERY, f"status {QUERY} status", _STATUS),
        table(QUERY, f"status {QUERY} refundDetails[].refundStatus", _REFUND_STATUS),
        _endpoint(BALANCE, _BALANCE_REQUEST, _BALANCE_ANSWER),
        _endpoint(LIST, _LIST_REQUEST, _LIST_ANSWER),
        table(LIST, f"value {LIST}", _LIST_VALUES),
        table(LIST, f"form {LIST}", _LIST_FORMS),
        table(LIST, f"status {LIST} records[].status", _STATUS),
        table("Codes", "code", _CODES),
        table("Codes: texts", "text", _TEXTS + _PRINTED_TEXTS),
        table("HTTP status", "http", _HTTP),
        table("Reasons of a failure (errorCode)", "failure", _FAILURES),
        COUNTRY_ROWS,
    ),
)
