from random import Random

from cdrpipe.demo.enterprise import invent_contact, invent_name
from cdrpipe.demo.places import CITIES


def test_an_enterprise_is_named_after_its_city_and_is_a_company() -> None:
    random = Random(1)
    for city in CITIES:
        name = invent_name(random, city)
        assert name.startswith(city.name)
        assert name.endswith("公司")


def test_a_contact_is_a_surname_and_a_title() -> None:
    assert {len(invent_contact(Random(seed))) for seed in range(20)} == {3}
