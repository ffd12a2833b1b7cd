"""The article that the product was conceived with, and a text of our own with the same phenomena."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.reading import said, shipped, statements

SEED = Path(__file__).parents[3] / "shared" / "seeds" / "business-today-2020-07-08.txt"
PUBLISHED = datetime(2020, 7, 8, tzinfo=UTC)
SEED_SAYS = (
    {(company, "HK", "pauses", "now") for company in ("microsoft", "zoom", "facebook", "telegram", "twitter")}
    | {
        (company, "HK", "refuses", "now")
        for company in ("facebook", "instagram", "whatsapp", "google", "twitter", "telegram", "signal")
    }
    | {("apple", "HK", "reviewing", "now"), ("apple", "HK", "conditional", "now")}
)

OURS = """Reddit and Dropbox will halt the handling of data requests from Indian authorities

After Snapchat, Reddit and Dropbox will suspend data access for the Indian authorities.

• Reddit and Dropbox have said that they will pause data access for Indian authorities.
• Snapchat, Discord, and LinkedIn have also temporarily restricted access to user data to authorities in India.
• GitHub has said that it is still studying the law and has not confirmed restrictions to access the user data.

The social networks Reddit and Dropbox will not give access to user data to the Indian authorities until the new rules are reviewed, a newspaper noted. The companies have joined Snapchat, Discord, Mozilla, and Pinterest in not complying with the authorities when it comes to sharing user data.

The rules went into force on Monday. Activists urged Mozilla to sue the government over them. Could Pinterest be fined if it refused? No one knows.

"GitHub has always required that all content requests from local law enforcement authorities be submitted through the Mutual Legal Assistance Treaty in place between the United States and India," GitHub said in a statement.

Back in October 2019, GitHub had removed a repository that let Indian protesters track police activity.
"""
OURS_SAYS = (
    {(company, "IN", "pauses", "now") for company in ("reddit", "dropbox", "snapchat", "discord", "linkedin")}
    | {(company, "IN", "refuses", "now") for company in ("snapchat", "discord", "mozilla", "pinterest")}
    | {("github", "IN", "reviewing", "now"), ("github", "IN", "conditional", "now")}
)


@pytest.mark.skipif(not SEED.exists(), reason="the seed article is real data and lies outside the repository")
def test_the_seed_article_gives_its_fourteen_statements_and_no_other():
    text = SEED.read_text(encoding="utf-8")
    assert said(text, published=PUBLISHED, knowledge=shipped()) == SEED_SAYS
    found = statements(text, published=PUBLISHED, knowledge=shipped())
    assert all(text[s.start : s.end] == s.evidence for s in found)
    (condition,) = [s for s in found if s.stance == "conditional"]
    assert condition.facets.as_dict() == {"process": ["mlat"], "data": ["content"]}
    assert "Mutual Legal Assistance Treaty" in condition.evidence


def test_a_text_of_our_own_with_the_same_phenomena_is_read_the_same_way():
    assert said(OURS, published=PUBLISHED, knowledge=shipped()) == OURS_SAYS
