"""Articles are found by parts of words, in the language asked for, and read again when their file changes."""

from pathlib import Path

from adapters.web.knowledge import Knowledge

ROOT = Path(__file__).parents[3]


def test_korean_is_found_by_parts_of_words_and_short_words(tmp_path):
    knowledge = Knowledge(ROOT / "examples/bank_day/knowledge")
    assert [hit.slug for hit in knowledge.search("중도해지 금리", "ko")] == ["early-withdrawal"]
    assert [hit.slug for hit in knowledge.search("유예", "ko")] == ["hardship"]
    assert [hit.slug for hit in knowledge.search("withdrawal", "en")] == ["early-withdrawal"]
    assert knowledge.search("withdrawal", "ko") == []
    assert knowledge.search('" or 1=1 --', "en") == []


def test_a_script_is_the_campaigns_own_and_no_search_finds_it():
    knowledge = Knowledge(ROOT / "examples/bank_day/knowledge")
    script = knowledge.script("early", "collection", "talk", "ko")
    assert script is not None
    assert "본인 확인" in script.text
    assert knowledge.script("late", "collection", "talk", "ko") is None
    assert knowledge.search("여신관리부", "ko") == []


def test_a_changed_file_is_read_again_and_a_foreign_one_left_alone(tmp_path):
    (tmp_path / "fees.en.md").write_text("# Fees\nFive a month.", encoding="utf-8")
    (tmp_path / "README.md").write_text("not an article", encoding="utf-8")
    knowledge = Knowledge(tmp_path)
    assert [hit.title for hit in knowledge.search("month", "en")] == ["Fees"]
    (tmp_path / "fees.en.md").write_text("# Charges\nSix a month, or so.", encoding="utf-8")
    assert [hit.title for hit in knowledge.search("month", "en")] == ["Charges"]
    article = knowledge.article("fees", "ko")
    assert article is not None
    assert article.language == "en"


def test_without_a_folder_nothing_is_known():
    assert Knowledge(None).search("anything", "en") == []
