"""What managers do with campaigns and their queues on the page, and what agents see of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep
from tests.web.looks import looker
from tests.web.network import Database

NEW = "Balcony panels"
OTHER = "Balcony panels, second round"
# The campaigns come half a second late. What has got the focus is noted as it was then.
ANSWER_LATE = """() => {
    window.led = [];
    document.addEventListener('focusin', ({ target }) => led.push(target.textContent));
    const ask = window.fetch;
    window.fetch = async (...asked) => {
        const answer = await ask(...asked);
        if (/campaign_queues/.test(asked[0].url ?? asked[0])) {
            await new Promise((done) => setTimeout(done, 500));
        }
        return answer;
    };
}"""
LOOK_NOW = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def other_campaign(database: Database) -> Iterator[str]:
    """A campaign to move leads to. Afterwards it and the new one are gone."""
    [row] = database.find(
        "insert into public.campaigns (business_id, name) "
        "select id, %s from public.businesses where name = 'Demo Solar' returning id",
        OTHER,
    )
    yield str(row["id"])
    database.execute("delete from public.campaigns where name = any(%s)", [NEW, OTHER])
    database.execute("delete from public.leads where name like 'Balcony %%'")


def fill(database: Database, campaign: str) -> None:
    """Three leads: one is due, one is due later, one was removed."""
    database.execute(
        "with made as ("
        " insert into public.leads (business_id, name, phone_number)"
        " select business_id, 'Balcony ' || n, '+1415555' || 7700 + n"
        " from public.campaigns, generate_series(1, 3) as n where campaigns.id = %s returning *)"
        " insert into public.queue_entries (business_id, campaign_id, lead_id, removed_at)"
        " select made.business_id, %s, made.id, case when made.name = 'Balcony 3' then now() end"
        " from made",
        campaign,
        campaign,
    )
    database.find(
        "select private.settle_entry(id) from public.queue_entries where campaign_id = %s", campaign
    )


def test_a_manager_makes_a_campaign_decides_how_it_calls_and_moves_its_leads(
    new_rep: Callable[..., Rep], session: Any, database: Database, other_campaign: str
) -> None:
    rep = new_rep(storage_state=session(MANAGER))
    tab = rep.open("#/campaigns")
    page, keyboard = tab.page, tab.page.keyboard
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)

    def campaign() -> Any:
        [row] = database.find("select * from public.campaigns where name = %s", NEW)
        return row

    def entries() -> dict[str, Any]:
        rows = database.find(
            "select leads.name, queue_entries.* from public.queue_entries "
            "join public.leads on leads.id = lead_id where leads.name like 'Balcony %%'"
        )
        return {row["name"]: row for row in rows}

    new = page.get_by_role("button", name="New campaign")
    new.press("Enter")
    dialog = page.get_by_role("dialog", name="New campaign")
    keyboard.press("Enter")
    expect(dialog).to_contain_text("the name is missing")
    keyboard.type(NEW)
    # The page reads again because of its own write before the first read has an answer: nobody is
    # led into the form of another campaign.
    page.evaluate(ANSWER_LATE)
    keyboard.press("Enter")
    title = page.get_by_role("heading", name=NEW, exact=True)
    expect(title).to_be_focused()
    assert page.evaluate("led.at(-1)") == NEW

    # The script and the settings: what cannot be saved is quoted, and stays where it was typed.
    script = page.get_by_label("Script", exact=True)
    script.fill("Hello {{lead.first_name}}, {{lead.title}}")
    expect(page.locator("#script-unknown")).to_contain_text("{{lead.title}} is not a name")
    expect(page.locator("#script-example")).to_have_text("Hello Ada, {{lead.title}}")
    page.get_by_label("How the queue goes on").select_option("power")
    page.get_by_label("Seconds of the countdown").fill("2")
    page.get_by_label("Let Twilio listen").check()
    save, saved = page.locator("#campaign-save"), page.locator("#campaign-saved")
    save.click()
    trouble = page.locator("#campaign-form-trouble")
    expect(trouble).to_have_text("Not saved: “2” is not a number of seconds. Write 3 to 600.")
    seconds = page.get_by_label("Seconds of the countdown")
    expect(seconds).to_be_focused()
    # What a colleague changes meanwhile is shown, and takes away nothing of what was typed or told.
    database.execute("update public.campaigns set max_attempts = 7 where name = %s", NEW)
    expect(page.get_by_label("Attempts for each lead")).to_have_value("7")
    expect(seconds).to_have_value("2")
    expect(seconds).to_have_attribute("aria-invalid", "true")
    expect(trouble).to_contain_text("“2” is not a number of seconds")
    look("settings that cannot be saved")
    # What is not saved is there again after another campaign or another view was looked at.
    # (By a key: the list may move under a mouse, when somebody is at work somewhere.)
    page.get_by_role("button", name=OTHER).press("Enter")
    expect(script).to_have_value("")
    page.get_by_role("link", name="Calls").click()
    page.get_by_role("link", name="Campaigns").click()
    page.get_by_role("button", name=re.compile(f"^{NEW} ?(Preview|Power)")).click()
    page.get_by_role("tab", name="Script").click()
    expect(saved).to_have_text("Not saved yet.")
    # Somebody else has changed something else meanwhile: it stays.
    database.execute("update public.campaigns set max_attempts = 9 where name = %s", NEW)
    page.get_by_label("Seconds of the countdown").fill("8")
    save.click()
    expect(saved).to_contain_text("Saved.")
    row = campaign()
    assert row["script"] == "Hello {{lead.first_name}}, {{lead.title}}"
    kept = ("mode", "wrap_up_seconds", "machine_detection", "max_attempts", "caller_id")
    assert [row[name] for name in kept] == ["power", 8, True, 9, None]

    def rules() -> dict[str, tuple[int | None, int | None]]:
        found = database.find(
            "select * from public.retry_rules where campaign_id = %s", campaign()["id"]
        )
        return {rule["result"]: (rule["after_minutes"], rule["max_times"]) for rule in found}

    tabs = page.get_by_role("tablist")
    tabs.get_by_role("tab", name="Script").press("ArrowLeft")
    expect(tabs.get_by_role("tab", name="Retry rules")).to_be_focused()
    # The page says what is usual; the database decides it.
    for result, effect in (("busy", None), ("no-answer", None), ("voicemail", "retry")):
        [usual] = database.find("select * from private.default_rule(%s, %s)", result, effect)
        expect(page.locator(f"#rule-after-{result}")).to_have_value(str(usual["after_minutes"]))
    busy = page.get_by_role("group", name="After Busy")
    busy.get_by_label("Give up after (calls)").fill("200")
    page.get_by_role("button", name="Save the rules").click()
    expect(page.locator("#rules-trouble")).to_contain_text("“200” is not a number of times")
    busy.get_by_label("Give up after (calls)").fill("3")
    busy.get_by_label("Try again after").select_option("60")
    page.get_by_role("group", name="After No answer").get_by_role("combobox").select_option("never")
    page.get_by_role("button", name="Save the rules").click()
    told = page.locator("#rules-saved")
    expect(told).to_contain_text("Saved.")
    assert rules() == {"busy": (60, 3), "no-answer": (None, None)}
    busy.get_by_label("Give up after (calls)").fill("")
    busy.get_by_label("Try again after").select_option("15")
    page.get_by_role("button", name="Save the rules").click()
    expect(told).to_contain_text("Saved.")
    assert rules() == {"no-answer": (None, None)}

    # The queue.
    fill(database, str(campaign()["id"]))
    page.get_by_role("tab", name="Queue").click()
    page.evaluate(LOOK_NOW)
    states, shown = page.locator("#entry-states"), page.locator("#entry-rows tr")
    states.get_by_role("button", name="Due now 2").click()
    expect(shown).to_have_count(2)
    page.get_by_role("searchbox").fill("7701")
    expect(shown).to_have_count(1)
    page.get_by_label("Choose Balcony 1").check()
    page.get_by_role("button", name="Priority").press("Enter")
    keyboard.press("Tab")
    keyboard.press("Enter")
    done = page.locator("#entries-done")
    expect(done).to_have_text("1 lead put in their new place.")
    expect(shown).to_contain_text("High priority")
    assert entries()["Balcony 1"]["priority"] == 10
    page.get_by_role("searchbox").fill("")
    expect(shown).to_have_count(2)
    page.get_by_label("Choose all that are shown").check()
    look("leads are chosen")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(done).to_have_text("2 leads paused.")
    expect(states.get_by_role("button", name="Paused 2")).to_be_visible()
    assert {entries()[name]["state"] for name in ("Balcony 1", "Balcony 2")} == {"paused"}

    states.get_by_role("button", name="Paused 2").click()
    page.get_by_label("Choose Balcony 2").check()
    move = page.get_by_role("button", name="Move", exact=True)
    move.click()
    question = page.get_by_role("dialog", name="Move 1 lead?")
    question.get_by_role("button", name="Not now").click()
    assert str(entries()["Balcony 2"]["campaign_id"]) != other_campaign
    move.click()
    question.get_by_label("To campaign").select_option(other_campaign)
    question.get_by_role("button", name="Move them").click()
    expect(done).to_have_text("1 lead moved.")
    assert str(entries()["Balcony 2"]["campaign_id"]) == other_campaign

    page.get_by_label("Choose Balcony 1").check()
    page.get_by_role("button", name="Remove", exact=True).click()
    question = page.get_by_role("dialog", name="Remove 1 lead from this queue?")
    question.get_by_role("button", name="Remove from the queue").click()
    expect(done).to_have_text("1 lead removed.")
    states.get_by_role("button", name="Done 2").click()
    expect(shown).to_have_text([re.compile("Removed from the queue")] * 2)
    page.get_by_label("Choose all that are shown").check()
    page.get_by_role("button", name="Call again").click()
    page.get_by_role("dialog").get_by_role("button", name="Call again").click()
    expect(done).to_have_text("2 leads back in the queue.")
    assert entries()["Balcony 3"]["state"] == "ready"

    page.get_by_role("button", name="Pause the campaign").click()
    expect(page.locator("#campaign-paused")).to_be_visible()
    assert campaign()["is_paused"]
    page.get_by_role("button", name="Go on with the campaign").click()
    expect(page.locator("#campaign-paused")).to_be_hidden()

    # An agent sees the same, and changes nothing.
    agent = rep_of(new_rep, session)
    window = agent.open("#/campaigns")
    window.page.get_by_role("button", name=re.compile(f"^{NEW} ?Power")).click()
    expect(window.page.locator("#entry-rows tr").first).to_contain_text("Balcony")
    for name in ("New campaign", "Pause the campaign", "Save", "Save the rules"):
        expect(window.page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(window.page.get_by_role("checkbox")).to_have_count(0)
    window.page.get_by_role("tab", name="Script").click()
    expect(window.page.get_by_label("Script", exact=True)).to_be_disabled()
    assert findings == {}


def rep_of(new_rep: Callable[..., Rep], session: Any) -> Rep:
    return new_rep(storage_state=session("demo@henk.test"))
