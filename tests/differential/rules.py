"""What a vote may say, once more and without a line of the program: the reference of the differential tests."""

FIELDS = ("name", "album", "year", "rank")


class Refused(ValueError):
    """The vote must not be taken."""


def checked(fields: dict[str, str]) -> dict[str, str]:
    """The fields as they are recorded."""
    vote = {name: fields[name].strip(" ") for name in FIELDS}
    for name, text in vote.items():
        if len(text.encode()) > 128:
            raise Refused(f"{name} is too long")
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
            raise Refused(f"{name} has a control character")
    if not vote["name"]:
        raise Refused("empty name")
    return vote
