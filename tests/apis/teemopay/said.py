"""What an order in neutral form says, by the names that TeemoPay gave it: written down here once more, apart from the
dialect's own way back, so that a field that both lose is missed.

It is also the form in which versions before 0.6 kept a payout: `details` and `memo`.
"""

from __future__ import annotations

from outlay.core.destination import BankAccount, CryptoAddress, Wallet
from outlay.core.party import DocumentKind
from outlay.core.payout import Order

_TEEMOPAY_DOCUMENTS = {
    DocumentKind.CPF: "CPF",
    DocumentKind.CNPJ: "CNPJ",
    DocumentKind.DNI: "DNI",
    DocumentKind.RUC: "RUC",
    DocumentKind.FOREIGNER_ID: "CE",
    DocumentKind.PASSPORT: "PA",
    DocumentKind.CC: "CC",
    DocumentKind.NIT: "NIT",
    DocumentKind.RUT: "RUT",
    DocumentKind.RUN: "RUN",
    DocumentKind.CUIL: "CUIL",
    DocumentKind.CUIT: "CUIT",
    DocumentKind.CNIC: "CERT",
    DocumentKind.VERIFIED_CUSTOMER: "KYC",
    DocumentKind.UNVERIFIED_CUSTOMER: "NONE_KYC",
    DocumentKind.RRN: "RRN",
    DocumentKind.COMPANY: "CO",
}


def teemopay_details(order: Order) -> dict[str, str]:
    party, place = order.beneficiary.party, order.beneficiary.destination
    said = {"accountType": order.remarks.method, "email": party.email}
    said["phone"] = party.phone.number if party.phone is not None else ""
    for document in party.documents:
        said["idCardNumber"] = document.number
        if document.kind is not DocumentKind.UNNAMED:
            said["idType"] = _TEEMOPAY_DOCUMENTS[document.kind]
            if document.kind is DocumentKind.PASSPORT and order.currency == "CLP":
                said["idType"] = "PASS"
    if isinstance(place, BankAccount | Wallet):
        said |= {"userIBAN": place.iban, "cciNumber": place.interbank_number}
    if isinstance(place, CryptoAddress):
        said["chain"] = place.network
    return {name: text for name, text in said.items() if text}
