"""Who takes which stance towards whose demand: a document's text in, statements out.

text
| sentences     split, offsets kept
| gate          which sentences can hold an act at all; the others are never parsed
| names         companies and authorities in every sentence, parsed or not
| parse         spaCy's tagger and dependency parser over the gated sentences
| acts          give, answer, deny, stop, contest, weigh, leave, hold, require, each on its object
| scope         polarity, modality, time: done, not done, not able, until, on condition, or no assertion
| subjects      who does it, through passive, control, coordination, pronouns and descriptions
| demands       whose demand
| assemble      statements with evidence, conditions and confidence
"""
