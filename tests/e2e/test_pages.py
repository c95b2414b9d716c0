"""The pages in a real browser: they follow the votes, outlive a restart, work without JavaScript, break no policy."""

import pytest
from playwright.sync_api import expect
from support.program import ROOT
from support.votes import GOOD, generated, vote

PAGES = ["/", "/log"]
WIDTHS = [360, 768, 1920]
SCREENSHOTS = ROOT / "build" / "screenshots"
SETTLE_MS = 10_000

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture
def open_page(browser):
    """open_page(server, path, …): a page whose complaints are gathered in page.complaints."""
    contexts = []

    def open_it(server, path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        if options.get("java_script_enabled", True):
            page.add_init_script(REPORT_VIOLATIONS)
        page.goto(f"http://{server.address}{path}")
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.parametrize("path", PAGES)
def test_page_follows_the_votes_by_itself(server, open_page, path):
    page = open_page(server, path)
    for name in ("Bohemia Suburbana", 'Los "Miseria" & <b>Cumbia</b>'):
        server.cast(vote(name=name))
        expect(page.get_by_text(name).first).to_be_visible(timeout=SETTLE_MS)
    assert page.locator("b").count() == 0, "a name became markup"
    assert page.complaints == []


def test_results_show_the_counts(server, open_page):
    server.cast([GOOD] * 7 + [vote(name="Other")] * 3)
    page = open_page(server, "/")
    row = page.locator("#bands > *").filter(has_text="Viernes Verde")
    expect(row).to_contain_text("7")
    server.cast([GOOD] * 614)
    server.cast([GOOD] * 614)
    expect(row).to_contain_text("1,235", timeout=SETTLE_MS)
    first = page.locator("#bands > *").first
    expect(first).to_contain_text("Viernes Verde")
    server.cast([vote(name="Other")] * 900)
    server.cast([vote(name="Other")] * 900)
    expect(page.locator("#bands > *").first).to_contain_text("Other", timeout=SETTLE_MS)


@pytest.mark.parametrize("scripted", [True, False])
def test_equal_votes_share_a_place(server, open_page, scripted):
    server.cast([vote(name=name) for name in ("A", "B", "C", "C")])
    page = open_page(server, "/", java_script_enabled=scripted)
    if scripted:
        expect(page.locator("#connection")).to_have_class("live", timeout=SETTLE_MS)
        server.cast([vote(name="B"), vote(name="D")])
        expect(page.locator("#total")).to_have_text("6", timeout=SETTLE_MS)
    names = page.locator("#bands th > bdi").all_inner_texts()
    places = page.locator("#bands .place").all_inner_texts()
    expected = [*"1133"], [*"BCAD"]
    if not scripted:
        expected = [*"122"], [*"CAB"]
    assert sorted(zip(places, names, strict=True)) == sorted(zip(*expected, strict=True))


@pytest.mark.parametrize("path", PAGES)
def test_page_outlives_a_restart(server, open_page, path):
    """While the server is away the page keeps what it showed and says so; then it goes on by itself."""
    server.cast(GOOD)
    page = open_page(server, path)
    expect(page.get_by_text("Viernes Verde").first).to_be_visible()
    server.stop()
    expect(page.locator("#connection")).to_have_class("waiting", timeout=20_000)
    expect(page.get_by_text("Viernes Verde").first).to_be_visible()
    server.start()
    server.cast(vote(name="After the restart"))
    expect(page.get_by_text("After the restart").first).to_be_visible(timeout=30_000)
    expect(page.locator("#connection")).to_have_class("live", timeout=30_000)
    assert [text for text in page.complaints if "net::ERR_" not in text] == []


@pytest.mark.parametrize("path", PAGES)
def test_page_without_javascript(server, open_page, path):
    server.cast([GOOD, vote(name="Bohemia Suburbana")])
    page = open_page(server, path, java_script_enabled=False)
    expect(page.get_by_text("Viernes Verde").first).to_be_visible()
    expect(page.get_by_text("Bohemia Suburbana").first).to_be_visible()


@pytest.mark.parametrize("path", PAGES)
def test_page_is_never_blank(server, open_page, path):
    page = open_page(server, path)
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("body").inner_text().strip()
    assert page.complaints == []


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_page_speaks_the_readers_language(server, open_page, path, language):
    page = open_page(server, path, locale=language)
    assert page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_page_fits_every_screen(server, open_page, path, width):
    server.cast(generated(400))
    server.cast(vote(name="W" * 128, album="M" * 128))
    page = open_page(server, path, viewport={"width": width, "height": 900})
    expect(page.get_by_text("Viernes Verde").first).to_be_visible()
    take_picture(page, f"{path.strip('/') or 'results'}-{width}")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{overflow} pixels wider than the screen"
    assert page.complaints == []


def test_unknown_page_leads_to_the_results(server, open_page):
    page = open_page(server, "/nothing/here", locale="es")
    expect(page.locator("h2")).to_have_text("Aquí no hay ninguna página")
    take_picture(page, "unknown")
    page.get_by_text("English").click()
    expect(page.locator("h2")).to_have_text("There is no page here")
    page.get_by_text("See the results").click()
    expect(page.locator("#total")).to_be_visible()
    # The browser itself says that the page was a 404.
    assert [text for text in page.complaints if "404" not in text] == []


def take_picture(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    picture = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 5000


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_sent_with_a_strict_policy(calm_server, path):
    headers = calm_server.call("GET", path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_ask_nobody_else(server, browser):
    asked = set()
    context = browser.new_context()
    page = context.new_page()
    page.on("request", lambda request: asked.add(request.url))
    for path in PAGES:
        page.goto(f"http://{server.address}{path}")
        expect(page.locator("h1")).to_be_visible()
    context.close()
    assert asked
    assert all(url.startswith((f"http://{server.address}/", "data:")) for url in asked), asked
