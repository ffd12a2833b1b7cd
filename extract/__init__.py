"""From a capture to a document and its statements: values in, values out.

Nothing here touches disk, network, clock or database, so a notebook needs three lines:

    from extract.analyse import analyse
    analysis = analyse(capture, knowledge)
    analysis.statements
"""
