"""The second reader: word pieces, the network's forward pass, and what the shipped weights make of plain sentences."""

import numpy as np
import pytest

from extract.encoder.judge import OTHER, THIS, Asked, AskedWhose, shipped
from extract.encoder.network import load, save
from extract.encoder.wordpiece import WordPieces
from extract.types import Stance

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "hand", "##ed", "##s", "over", "data", ",", "cafe"]


@pytest.fixture
def pieces():
    return WordPieces(VOCABULARY)


def words(pieces, first, second="", longest=50):
    return [VOCABULARY[i] for i in pieces.pair(first, second, longest)[0]]


def test_a_word_is_split_into_its_longest_known_pieces(pieces):
    assert words(pieces, "Handed over") == ["[CLS]", "hand", "##ed", "over", "[SEP]", "[SEP]"]


def test_accents_and_case_are_dropped_and_punctuation_stands_alone(pieces):
    assert words(pieces, "Café,data") == ["[CLS]", "cafe", ",", "data", "[SEP]", "[SEP]"]


def test_a_word_with_an_unknown_piece_is_unknown_as_a_whole(pieces):
    assert words(pieces, "handful") == ["[CLS]", "[UNK]", "[SEP]", "[SEP]"]


def test_the_second_text_is_marked_and_the_longer_one_loses_its_end(pieces):
    numbers, kinds = pieces.pair("hand", "data data data data", 6)
    assert [VOCABULARY[i] for i in numbers] == ["[CLS]", "hand", "[SEP]", "data", "data", "[SEP]"]
    assert kinds == [0, 0, 0, 1, 1, 1]


def small(seed):
    """Weights of one layer, 24 wide, with two outputs."""
    chance = np.random.default_rng(seed)
    shapes = {
        "embeddings.words": (len(VOCABULARY), 24),
        "embeddings.positions": (16, 24),
        "embeddings.kinds": (2, 24),
        "head": (2, 24),
        **{f"layer.0.{part}": (24, 24) for part in ("query", "key", "value", "out")},
        "layer.0.wide": (48, 24),
        "layer.0.narrow": (24, 48),
    }
    given = {name: chance.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    for name, shape in shapes.items():
        if not name.startswith("embeddings"):
            given[f"{name}:bias"] = chance.normal(size=shape[0]).astype(np.float32)
    for norm in ("embeddings.norm", "layer.0.norm1", "layer.0.norm2"):
        given[norm], given[f"{norm}:bias"] = np.ones(24, np.float32), np.zeros(24, np.float32)
    return given


def test_weights_come_back_from_a_file_with_their_vocabulary_and_outputs(tmp_path):
    save(tmp_path / "w.npz", small(1), VOCABULARY, ["refuses", "past"])
    network, vocabulary, outputs = load(tmp_path / "w.npz")
    assert (list(vocabulary), outputs) == (VOCABULARY, ("refuses", "past"))
    assert network([[2, 4, 3]], [[0, 0, 0]]).shape == (1, 2)


def test_what_stands_beside_a_text_in_a_batch_does_not_change_it(tmp_path):
    save(tmp_path / "w.npz", small(2), VOCABULARY, ["refuses", "past"])
    network, _, _ = load(tmp_path / "w.npz")
    alone = network([[2, 4, 3]], [[0, 0, 0]])
    beside = network([[2, 4, 3], [2, 4, 5, 7, 8, 3]], [[0, 0, 0], [0, 0, 0, 0, 0, 1]])
    assert np.allclose(alone[0], beside[0], atol=1e-4)


@pytest.mark.parametrize(
    ("sentence", "stance"),
    [
        ("@ will not give the police any of its users' records.", Stance.REFUSES),
        ("@ gave the police the records of three users last week.", Stance.COMPLIES),
        ("@ took the order to the Court of Appeal on Monday.", Stance.CHALLENGES),
        ("@ has stopped handling requests from the authorities for the time being.", Stance.PAUSES),
        ("@ releases content to investigators only on a warrant.", Stance.CONDITIONAL),
        ("@ says that it does not hold the keys and could not read the messages.", Stance.UNABLE),
    ],
)
def test_a_plain_sentence_is_judged_by_what_it_says(sentence, stance):
    (judgement,) = shipped()([Asked("Zoom", "", sentence)])
    assert max(judgement.stances, key=judgement.stances.__getitem__) is stance


def test_two_companies_of_one_sentence_are_judged_each_by_itself():
    sentence = "While {} complied with the order, {} has appealed against it."
    proton, tuta = shipped()(
        [
            Asked("Proton", "", sentence.format(THIS, OTHER)),
            Asked("Tuta", "", sentence.format(OTHER, THIS)),
        ]
    )
    assert proton.stances[Stance.COMPLIES] > 0.5 > tuta.stances[Stance.COMPLIES]
    assert tuta.stances[Stance.CHALLENGES] > 0.5 > proton.stances[Stance.CHALLENGES]


def test_a_sentence_about_something_else_states_nothing():
    (judgement,) = shipped()([Asked("Zoom", "", "@ opened a new office in Leeds and hired forty people.")])
    assert max(judgement.stances.values()) < 0.2


def test_it_tells_whose_demand_a_sentence_is_about_from_the_text_before_it():
    before = "Police in {} asked Zoom for the chats of a dissident who had fled to {} in the spring."
    hong_kong, canada = shipped().whose(
        [
            AskedWhose(("Hong Kong",), "", before.format(THIS, OTHER), "The company refused."),
            AskedWhose(("Canada",), "", before.format(OTHER, THIS), "The company refused."),
        ]
    )
    assert hong_kong > canada


def test_authorities_without_a_name_are_those_anywhere():
    policy = "We give data to law enforcement only if we are served with a valid court order."
    anywhere, iceland = shipped().whose(
        [
            AskedWhose((), "", "Our servers stand in #.", policy),
            AskedWhose(("Iceland",), "", "Our servers stand in @.", policy),
        ]
    )
    assert anywhere > iceland
