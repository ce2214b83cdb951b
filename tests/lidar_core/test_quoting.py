from lidar_core.quoting import quoted, whole_characters


def test_what_no_log_can_write_is_escaped():
    assert quoted("a cat") == '"a cat"'
    assert quoted("\u732b\nand \U0001f600") == '"\\u732b\\nand \\U0001f600"'
    assert quoted("\ud800").isascii()


def test_only_the_start_of_a_long_text_is_quoted():
    assert quoted("a" * 60) == '"' + "a" * 60 + '"'
    assert quoted("a" * 61) == '"' + "a" * 57 + '..."'


def test_half_of_a_character_is_marked_and_the_rest_is_as_it_was():
    assert whole_characters("a \ud83d cat") == "a \ufffd cat"
    for text in ("", "a cat", "\ufeff\u732b\n\U0001f600\0"):
        assert whole_characters(text) == text
