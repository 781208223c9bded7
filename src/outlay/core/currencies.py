"""How many decimals each currency has: a frozen table, because money must not change when a library does.

ISO 4217 exponents of the active currencies (a test compares them with a maintained library), and the few codes
outside ISO that the wire APIs name. Stricter steps of one rail or country are that dialect's business.

The trap: a rail may demand whole amounts of a currency that has decimals (HUF, TWD): exponent and step are two things.
"""

from __future__ import annotations

from typing import Final

_BY_EXPONENT: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF"
        " CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL"
        " HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU"
        " MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR"
        " SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED"
        " VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

_OUTSIDE_ISO: Final = {
    "CNH": 2,  # offshore yuan, which one API names (docs)
    # Crypto codes, which one API names (docs): on-chain decimals, ETH and BTC as exchanges book them (decision).
    "USDT": 6,
    "USDC": 6,
    "BTC": 8,
    "ETH": 8,
}

CRYPTO: Final = frozenset({"USDT", "USDC", "BTC", "ETH"})

EXPONENTS: Final[dict[str, int]] = {
    **{code: exponent for exponent, codes in _BY_EXPONENT.items() for code in codes.split()},
    **_OUTSIDE_ISO,
}
"""Currency code to the number of decimals of its minor unit."""
