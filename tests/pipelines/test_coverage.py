"""Where rules and words fire in labelled documents; what fires in one only is suspect."""

from support.reading import shipped

from pipelines.coverage import Fired, coverage
from pipelines.evaluate import GoldDocument, GoldStatement

REFUSAL = "Telegram has refused to hand over encryption keys to the FSB."
GIVEN = "Google gave user data to the Indian police."


def counted() -> dict[tuple[str, str], Fired]:
    label = GoldStatement(company="telegram", authority="RU", stance="refuses", evidence=REFUSAL)
    documents = [
        GoldDocument(id="d1", text=REFUSAL, statements=(label,)),
        GoldDocument(id="d2", text=REFUSAL, statements=(label,)),
        GoldDocument(id="d3", text=GIVEN, statements=()),
    ]
    return {(f.kind, f.name): f for f in coverage(documents, shipped())}


def test_a_rule_and_its_word_count_documents_and_what_was_right_there():
    for name in (("rule", "refuses.does-not-give"), ("word", "give: hand over")):
        fired = counted()[name]
        assert (fired.documents, fired.right, fired.wrong, fired.suspect) == ({"d1", "d2"}, 2, 0, False)


def test_what_fires_in_one_document_is_suspect():
    fired = counted()["rule", "complies.gives"]
    assert (fired.right, fired.wrong, fired.suspect) == (0, 1, True)
    assert fired.as_dict() == {
        "rule": "complies.gives", "documents": 1, "right": 0, "wrong": 1, "suspect": True,
    }  # fmt: skip


def test_every_rule_is_listed_even_if_it_never_fires():
    rules = {rule.id for rules in shipped().stances for rule in rules.rules}
    assert {name for kind, name in counted() if kind == "rule"} == rules
