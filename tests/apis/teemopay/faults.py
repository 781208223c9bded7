"""What differs from country to country in TeemoPay's documents, for tests of the dialect and of the running server:
the whole currencies, which code each fault earns, and what each code says.

Nothing here comes from Outlay: texts are copied from the documents, character by character.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

WHOLE = [("CO", "201"), ("CL", "601"), ("PK", "301"), ("ID", "501"), ("KH", "2001"), ("KR", "801")]

AS_SENT = ("CO", "CL", "KH", "PK")
"""Create answers with the amount as it was sent; elsewhere with two decimals (docs, printed examples)."""
_NOT_FOUND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("BR CO CL", {"code": 400, "msg": "Order not found", "success": False}),
    ("AR KR PK PE BP", {"code": 400, "msg": "Order not found", "traceId": ""}),
    ("MX ID IN KH", {"code": 434, "data": None, "msg": "Merchant order not exist", "traceId": ""}),
)
NOT_FOUND = {country: form for countries, form in _NOT_FOUND for country in countries.split()}
"""The answer in each country, its names in their order; a `traceId` has a value of its own."""

# country, way, fields, code; what has no code of its own is 414 or 432
FAULTS: list[tuple[str, str, dict[str, Any], int]] = [
    ("BR", "401", {"accountType": 40}, 455),
    ("BR", "401", {"idType": "DNI"}, 475),
    ("BR", "401", {"idCardNumber": "1114447773"}, 476),
    ("BR", "401", {"bankAccount": "5299822472"}, 482),
    ("BR", "403", {"bankAccount": "11987654321"}, 482),
    ("MX", "3", {"bankAccount": "5117100000000001"}, 429),
    ("MX", "3", {"bankAccount": "511709000000001"}, 430),
    ("MX", "3", {"accountType": 401}, 455),
    ("MX", "40", {"bankAccount": "06218000000000001"}, 481),
    ("MX", "40", {"bankAccount": "06218000000000000x"}, 482),
    ("MX", "40", {"bankAccount": "072180000000000001"}, 432),
    ("MX", "40", {"realName": "J"}, 414),
    ("MX", "40", {"realName": "JOSÉ & CO"}, 414),
    ("MX", "40", {"realName": "J 2"}, 414),
    ("PE", "101", {"bankAccount": "1234567890101"}, 429),
    ("PE", "101", {"bankAccount": "12345678901212"}, 429),
    ("PE", "101", {"bankAccount": "12"}, 429),
    ("PE", "103", {"bankAccount": "9123456780"}, 429),
    ("PE", "101", {"bankAccount": "1234567890101x"}, 414),
    ("PE", "101", {"bankCode": "100", "bankName": "YAPE (WALLET)"}, 432),
    ("PE", "103", {"bankCode": "1", "bankName": "BCP"}, 432),
    ("PE", "101", {"bankCode": "10"}, 432),
    ("PE", "101", {"cciNumber": "0021234567890123456"}, 414),
    ("PE", "101", {"phone": "812345678"}, 414),
    ("PE", "101", {"accountType": 104}, 414),
    ("PE", "101", {"idType": "CC"}, 475),
    ("PE", "101", {"idCardNumber": "1234567"}, 476),
    ("CO", "203", {"bankAccount": "4001234567"}, 438),
    ("CO", "203", {"bankAccount": "300123456"}, 440),
    ("CO", "203", {"bankAccount": "300123456x"}, 414),
    ("CO", "204", {"bankAccount": "@a"}, 414),
    ("CO", "204", {"bankAccount": "12345"}, 414),
    ("CO", "204", {"bankAccount": "a@b.c"}, 414),
    ("CO", "201", {"phone": "2001234567"}, 414),
    ("CO", "201", {"phone": "30012345678"}, 414),
    ("CO", "201", {"email": "nobody"}, 414),
    ("CO", "201", {"accountType": 301}, 455),
    ("CO", "201", {"idType": "DNI"}, 475),
    ("CO", "201", {"idCardNumber": "12345"}, 476),
    ("CO", "201", {"bankCode": "9999"}, 432),
    ("CL", "601", {"accountType": 201}, 455),
    ("CL", "601", {"idType": "CC"}, 475),
    ("CL", "601", {"idCardNumber": "12.345.678-K"}, 476),
    ("CL", "601", {"idCardNumber": "123456789"}, 0),
    ("CL", "601", {"phone": "12345678"}, 414),
    ("CL", "601", {"bankCode": "2"}, 432),
    ("AR", "901", {"bankAccount": "000000310001000000001"}, 414),
    ("AR", "901", {"accountType": 903}, 414),
    ("AR", "901", {"idType": "CC"}, 475),
    ("AR", "901", {"idCardNumber": "123456"}, 476),
    ("AR", "901", {"bankCode": "999"}, 432),
    ("AR", "901", {"phone": "112345678"}, 414),
    ("PK", "301", {"accountType": 305}, 455),
    ("PK", "302", {"bankCode": "NAYAPAY_WALLET", "bankName": "EASYPAISA"}, 469),
    ("PK", "301", {"bankCode": "NO_BANK"}, 470),
    ("PK", "301", {"bankName": "NO_BANK"}, 470),
    ("PK", "301", {"bankName": "EASYPAISA"}, 432),
    ("PK", "301", {"bankCode": "EASYPAISA", "bankName": "EASYPAISA"}, 432),
    ("PK", "303", {"bankCode": "JAZZCASH", "bankName": "JAZZCASH"}, 432),
    ("PK", "301", {"idType": "CNIC"}, 471),
    ("PK", "301", {"idCardNumber": "352011234567"}, 414),
    ("PK", "301", {"phone": "03001234567"}, 414),
    ("IN", "1001", {"bankCode": "HDFC1001234"}, 414),
    ("IN", "1002", {"bankAccount": "asha"}, 414),
    ("IN", "1001", {"phone": "5876543210"}, 414),
    ("IN", "1001", {"accountType": 1003}, 414),
    ("ID", "501", {"accountType": 502}, 455),
    ("ID", "501", {"phone": "0712345678"}, 414),
    ("ID", "501", {"phone": "081234567"}, 414),
    ("ID", "501", {"bankCode": "9999"}, 432),
    ("KH", "2001", {"accountType": 2003}, 455),
    ("KH", "2001", {"idType": "PASSPORT"}, 475),
    ("KH", "2001", {"idCardNumber": "a user"}, 476),
    ("KH", "2001", {"phone": "1234567"}, 414),
    ("KR", "801", {"bankAccount": "12345"}, 430),
    ("KR", "801", {"bankAccount": "1" * 21}, 430),
    ("KR", "801", {"bankAccount": "123-456-7890"}, 414),
    ("KR", "801", {"bankCode": "999"}, 431),
    ("KR", "801", {"accountType": 803}, 455),
    ("KR", "801", {"idType": "PASSPORT"}, 475),
    ("BP", "trc20", {"chain": "tron network"}, 414),
    ("BP", "trc20", {"address": "T J"}, 414),
    ("PK", "302", {"bankCode": "NO_WALLET"}, 469),
]  # fmt: skip

# The same, of what no page states: only where the account asks, or its rail is a real one.
STRICT_FAULTS: list[tuple[str, str, dict[str, Any], int]] = [
    ("BR", "401", {"idCardNumber": "11144477736"}, 476),
    ("BR", "401", {"idType": "CNPJ", "idCardNumber": "11222333000182"}, 476),
    ("BR", "401", {"bankAccount": "52998224726"}, 482),
    ("BR", "401", {"bankAccount": "11144477736", "idCardNumber": "11144477736"}, 476),
    ("BR", "402", {"bankAccount": "12ABC34501DE36"}, 482),
    ("MX", "40", {"bankAccount": "062180000000000001"}, 482),
    ("MX", "40", {"bankName": "albo"}, 432),
    ("MX", "40", {"bankName": "Bank of Nowhere"}, 432),
    ("PE", "101", {"bankName": "BBVA"}, 432),
    ("CO", "201", {"bankName": "NEQUI"}, 432),
    ("CL", "601", {"idCardNumber": "123456789"}, 476),
    ("CL", "601", {"idType": "RUN", "idCardNumber": "123456784"}, 476),
    ("CL", "601", {"bankName": "BANCO ESTADO"}, 432),
    ("AR", "901", {"bankAccount": "0000003100010000000001"}, 414),
    ("AR", "902", {"bankAccount": "0070099930004012345678"}, 414),
    ("AR", "902", {"bankName": "Bank of Nowhere"}, 432),
    ("ID", "501", {"bankName": "Bank Mandiri"}, 432),
    ("KH", "2002", {"bankName": "Wing Bank (Cambodia) Plc"}, 432),
    ("KR", "801", {"bankName": "Woori Bank"}, 432),
    ("BP", "trc20", {"address": "123456789987654321"}, 432),
    ("BP", "trc20", {"address": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"}, 432),
    ("BP", "trc20", {"address": "0x" + "ab" * 20}, 432),
    ("BP", "erc20", {"address": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}, 432),
]

# What each code says. Of 429 each country has its own; 414, 432 and 473 have a variable text.
TEXTS: Mapping[int, str] = {
    200: "success",
    400: "Order not found",
    412: "Please try again later",
    416: "Application not found",
    417: "Merchant account not found",
    418: "Merchant account is closed",
    421: "This payout method is not supported",
    425: "Insufficient merchant balance",
    426: "merchant order duplicate",
    427: "The callback notification address for collection must not be empty.",
    430: "The card number length is incorrect.",
    431: "The bank code does not supported.",
    434: "Merchant order not exist",
    438: "account must start with 3",
    440: "Phone number length error",
    455: "The account type error.",
    462: "This request failed due to blacklist blocking",
    469: "The wallet code is not support",
    470: "The bank name is not support",
    471: "The ID type is not support",
    475: "The id card type is error",
    476: "The id card number is error",
    481: "The bank account length is incorrect.（The card number is fixed at 16 digits.）",
    482: "The bank account does not meet the requirements.",
    500: "Business Error",
    600: "type field invalid parameter value",
    601: "Data older than 90 days cannot be queried via API. Please use the portal to export historical reports.",
    602: "Query range exceeds 31 days. Please query data month by month.",
    603: "The time cannot be later than the current time.",
    604: "The start time of the application period cannot be later than the end time.",
    605: "status field invalid parameter value",
    606: "PageIndex parsing failed",
}
LENGTHS_429 = (
    "The 3rd digit from the end of a BCP account number must be either 0 or 1.",
    "BCP bankAccount length must be 14 digits",
    "YAPE (WALLET) bankAccount length must be 9 digits",
)
VARIABLE = {414, 432, 473}


def is_text_of(code: int, text: str, country: str, fields: Iterable[str] = ()) -> bool:
    """Whether a refusal says what its code says in the documents; a variable text begins with the name of a field."""
    if code == 473:
        return text.startswith("Merchant joint verification error: ")
    if code in VARIABLE:
        named = ("amount", "accountType", "bankCode", "bankName", "bankAccount", "address", *fields)
        return text.startswith(named) or text == "Amount must be an integer"
    if code == 429:
        return text in (LENGTHS_429 if country == "PE" else ("The card number does not match the bank code.",))
    return text == TEXTS[code]
