"""A second reader: a small neural encoder that says how likely a sentence tells each stance of a company.

It knows no rule and no parse, so that it errs elsewhere than the rules do. `bench/train.py` fits it on labelled texts.
"""
