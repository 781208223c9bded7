"""`./run abuse`: what strangers try against a server that anybody can reach, while valid callers go on.

    lines.py       one connection as a stranger holds it, with TLS or without: bytes out, what came back
    heads.py, bodies.py, floods.py, shapes.py
                   the strangers themselves, by what they press on, and what each of them must meet
    stranger.py    a process in which one of them acts, out of everybody's way
    caller.py      a process in which valid callers order and ask in all APIs, and judge each answer
    house.py       the server under trial: its settings, its memory, its end
    proxies.py     nginx or Caddy before it, by the files in docs/proxy
    judge.py       what counts as harm
    campaign.py    calm, stranger, calm: one after the other, on the houses that they need
    controls.py    each limit taken out: then the stranger that it is for must be seen to do harm
    report.py      how it is shown

A trial that nobody could fail proves nothing, so every limit has its control.
"""
