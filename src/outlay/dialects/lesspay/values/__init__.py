"""A value on LessPay's wire and the same one in the core, both ways: fields, beneficiaries, orders, batches.

Nothing orders through LessPay yet. How its requests are written is kept beside how they are read, so that neither can
lose what the other knows: whatever is read, written and read again is the same order.
"""
