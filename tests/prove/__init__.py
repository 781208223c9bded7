"""`./run prove`: breaks the documented rules, one at a time, and sees that the test which claims each of them notices.

    rehearsal.py   one break in a copy of the sources, the one test run on it, and what became of it
    worker.py      a process on a copy, which forks a child for every rehearsal
    campaign.py    which rules, in which order, over how many workers; the unbroken copy first
    report.py      how it is shown

A test notices where it is green on an unbroken copy, and on the broken one fails by an assertion of its own. One that
crashes, or whose fixtures do, or that is not even collected, has noticed nothing: in another life it would be mended,
and the rule be gone.
"""
