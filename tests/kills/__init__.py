"""`./run kills`: a real server is killed at each named moment, between the commits, the calls and the answers.

    dies_at.py     the program: Outlay, that kills itself when a moment is reached for the n-th time
    mortal.py      that server as tests start it; whether it died, and there
    merchants.py   who orders meanwhile through all APIs, what they are told, and how each order must end
    judge.py       what became of every order, by the tables alone
    campaign.py    one server after the other on one folder; in the end all is proved
    controls.py    rules that are taken out: then the campaign must see harm
    report.py      how it is shown

A kill that did not happen proves nothing, so each must be seen to be hit.
"""
