"""The line between a worker and a rail: it loses requests, delays them, brings them twice; and the same with answers.

It keeps to one thing: a request reaches the rail within the rail's timeout and finality time after its bytes left, or
never. Like the rail it knows nothing of Outlay.
"""

from __future__ import annotations

import asyncio
import random

from tests.simulate.bank import Answer, Bank, Request, Temper, Town
from tests.simulate.weather import Weather, between

RESET = Answer("error", reason="connection reset")


class Line:
    def __init__(self, bank: Bank, weather: Weather, chance: random.Random, town: Town, temper: Temper) -> None:
        self.bank = bank
        self._temper = temper
        self._weather = weather
        self._chance = chance
        self._town = town
        self._latest_s = bank.rules.timeout_s + bank.rules.finality_s

    def send(self, request: Request) -> asyncio.Future[Answer]:
        """The answer; never done where none comes."""
        answer = asyncio.get_running_loop().create_future()
        if self._happens(self._weather.request_lost):
            self._break("request_lost", request.reference, answer)
            return answer
        seconds = between(self._chance, 0.01, 0.5)
        if self._happens(self._weather.request_slow):
            seconds = self._chance.uniform(0.5, self._latest_s)
            if self._happens(0.5):
                self._town.later(between(self._chance, 0.01, 1.0), _give, answer, RESET)
        self._town.later(seconds, self._arrive, request, answer)
        if self._happens(self._weather.duplicate):
            self._town.later(self._chance.uniform(seconds, self._latest_s), self._arrive_again, request)
        return answer

    def ask(self, reference: str) -> asyncio.Future[Answer]:
        answer = asyncio.get_running_loop().create_future()
        if self._happens(self._weather.request_lost * self._town.leaning("request_lost", reference)):
            self._break("request_lost", reference, answer)
        else:
            self._town.later(between(self._chance, 0.01, 8.0), self._asked, reference, answer)
        return answer

    def _arrive(self, request: Request, answer: asyncio.Future[Answer]) -> None:
        self._bring_back(request.reference, self.bank.receive(request), answer)

    def _arrive_again(self, request: Request) -> None:
        self._town.met("duplicate", request.reference)
        self.bank.receive(request)

    def _asked(self, reference: str, answer: asyncio.Future[Answer]) -> None:
        if not answer.done():
            self._bring_back(reference, self.bank.question(reference), answer)

    def _bring_back(self, reference: str, said: Answer, answer: asyncio.Future[Answer]) -> None:
        if answer.done():
            return
        drawn, weather = self._chance.random(), self._weather
        seconds = between(self._chance, 0.01, 0.5)
        if drawn < weather.hang or self._happens(self._temper.hangs):
            self._break("hang", reference, None)
            return
        drawn -= weather.hang
        if self._temper.is_slow:
            seconds = self._chance.uniform(0.1, 0.95) * self.bank.rules.timeout_s
        if drawn < weather.answer_lost:
            self._break("answer_lost", reference, answer)
            return
        if drawn < weather.answer_lost + weather.answer_late:
            seconds = self._chance.uniform(1.0, 1.5 * self.bank.rules.timeout_s)
            self._town.later(seconds, self._town.met, "answer_late", reference)
        self._town.later(seconds, _give, answer, said)

    def _break(self, fault: str, reference: str, answer: asyncio.Future[Answer] | None) -> None:
        """On the way. It is noticed at once, or only by the silence."""
        seconds = self._chance.uniform(0.01, 9.0)
        self._town.later(seconds, self._town.met, fault, reference)
        if answer is not None and self._happens(0.5):
            self._town.later(seconds, _give, answer, RESET)

    def _happens(self, chance: float) -> bool:
        return self._chance.random() < chance


def _give(answer: asyncio.Future[Answer], said: Answer) -> None:
    if not answer.done():
        answer.set_result(said)
