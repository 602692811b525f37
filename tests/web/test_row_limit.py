"""The REST API answers only so many rows at once, and does not say so. Nothing may be missing.

The tests find the queries by recording them, so that a new one cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from playwright.sync_api import Route, expect

from tests.web.calls_page import CallsPage, Rep
from tests.web.network import Database

MOST_ROWS = 4
USER, EMAIL = "d0000000-0000-4000-8000-0000000000aa", "many@henk.test"
BUSINESS = "b0000000-0000-4000-8000-0000000000aa"
CONVERSATION = "c0000000-0000-4000-8000-0000000000aa"
# What the user sees of each; more than the REST API answers at once.
BUSINESSES, CAMPAIGNS, MEMBERS, NUMBERS, LEADS, CALLS, CHANGES = 6, 9, 5, 7, 23, 60, 6
OUTCOMES, RULES, MESSAGES = 8, 6, 7

# Each answers one value, whenever the page wants to know it.
HEARTBEAT = {"/rest/v1/rpc/set_presence", "/rest/v1/rpc/settings_news"}
# Every query of the library, by its path, and how a page comes to ask it.
QUERIES = {
    "/rest/v1/businesses",
    "/rest/v1/business_members",
    "/rest/v1/campaigns",
    "/rest/v1/phone_numbers",
    "/rest/v1/conversations",
    "/rest/v1/conversation_changes",
    "/rest/v1/rpc/list_conversations",
    "/rest/v1/rpc/search_leads",
    "/rest/v1/rpc/describe_conversation",
    "/rest/v1/outcomes",
    "/rest/v1/retry_rules",
    "/rest/v1/voicemail_messages",
    # Each answers one value, with everything in it.
    "/rest/v1/rpc/list_call_backs",
    "/rest/v1/rpc/my_day",
}
# Calls every method of the library's `conversations`, and what else reads lists, and counts what
# they answer.
WALK = """async ([business, user, conversation]) => {
  const { HenkVoice } = await import('/henk-voice/henk-voice.js');
  const config = await (await fetch('/config.json')).json();
  const supabase = window.supabase.createClient(config.supabaseUrl, config.supabasePublishableKey);
  const { functionsUrl } = config;
  const voice = new HenkVoice({ Device: class {}, supabase, functionsUrl });
  const { conversations } = voice;
  const calls = {
    businesses: async () => (await conversations.businesses()).length,
    campaigns: async () => (await conversations.campaigns(business)).length,
    members: async () => (await conversations.members(business)).length,
    changes: async () => (await conversations.changes(conversation)).length,
    leads: async () => (await conversations.leads(business, { limit: 500 })).leads.length,
    history: async () =>
      (await conversations.history(business, { limit: 500 })).conversations.length,
    latest: async () => (await conversations.latest(business, user)).length,
    byId: async () => Number((await conversations.byId(conversation)).id === conversation),
    byCallSid: async () => Number((await conversations.byCallSid('many 1')).call_sid === 'many 1'),
    describe: async () => Object.keys((await conversations.describe(
      conversation, { notes: 'last' }, { notes: 'note 6' })).conflicts).length,
  };
  const { prototype } = conversations.constructor;
  const methods = Object.getOwnPropertyNames(prototype).filter((it) => it !== 'constructor');
  const missing = methods.filter((name) => !calls[name]);
  if (missing.length) throw new Error(`not walked: ${missing}`);
  const found = {};
  for (const [name, count] of Object.entries(calls)) found[name] = await count();
  const [{ id }] = await conversations.campaigns(business);
  found.callerIds = (await voice.callerIds.list(business)).length;
  found.rules = (await voice.campaigns.rules(id)).length;
  found.outcomes = (await voice.outcomes.list(business)).map(({ position }) => position);
  found.messages = (await voice.messages.list(business)).length;
  return found;
}"""


@pytest.fixture(scope="module")
def many(database: Database) -> Iterator[None]:
    """A rep whose business has more of everything than the REST API answers at once."""
    database.execute(
        "insert into auth.users (instance_id, id, aud, role, email, encrypted_password,"
        " email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,"
        " confirmation_token, recovery_token, email_change, email_change_token_new)"
        " select instance_id, %s, aud, role, %s, encrypted_password, now(), raw_app_meta_data,"
        " raw_user_meta_data, now(), now(), '', '', '', '' from auth.users"
        " where email = 'demo@henk.test'",
        *(USER, EMAIL),
    )
    database.execute(
        "insert into auth.identities (id, provider_id, user_id, identity_data, provider,"
        " last_sign_in_at, created_at, updated_at) values (%s, %s, %s,"
        " jsonb_build_object('sub', %s::text, 'email', %s::text), 'email', now(), now(), now())",
        *(USER, USER, USER, USER, EMAIL),
    )
    database.execute(
        "insert into public.businesses (id, name) select"
        " overlay(%s placing lpad(n::text, 2, '0') from 25 for 2)::uuid, 'Many ' || n"
        " from generate_series(0, %s) n",
        *(BUSINESS, BUSINESSES - 1),
    )
    database.execute("update public.businesses set name = 'All' where id = %s", first_business())
    database.execute(
        "insert into public.business_members (business_id, user_id, role)"
        " select id, %s, 'agent' from public.businesses where name ~ '^(Many|All)'",
        USER,
    )
    business = first_business()
    for statement, count in (
        (
            "insert into public.business_members (business_id, user_id, role) select %s, id,"
            " 'agent' from auth.users where email <> 'many@henk.test' order by id limit %s",
            MEMBERS - 1,
        ),
        (
            "insert into public.campaigns (business_id, name) select %s, 'Campaign ' || n"
            " from generate_series(1, %s) n",
            CAMPAIGNS,
        ),
        (
            "insert into public.phone_numbers (business_id, phone_number, is_default)"
            " select %s, '+1415555' || 3000 + n, n = 5 from generate_series(1, %s) n",
            NUMBERS,
        ),
        (
            "insert into public.leads (business_id, name) select %s, 'Smith ' || n"
            " from generate_series(1, %s) n",
            LEADS,
        ),
    ):
        database.execute(statement, business, count)
    database.execute(
        "insert into public.conversations (id, business_id, user_id, status, call_sid, created_at,"
        " to_number, duration_seconds)"
        " select case n when 1 then %s else gen_random_uuid() end, %s, %s, 'completed',"
        " 'many ' || n, now() - n * interval '1 minute', '+14155550100', 10"
        " from generate_series(1, %s) n",
        *(CONVERSATION, business, USER, CALLS),
    )
    for number in range(1, CHANGES + 1):
        database.execute(
            "update public.conversations set notes = %s where id = %s",
            *(f"note {number}", CONVERSATION),
        )
    database.execute(
        "insert into public.retry_rules (business_id, campaign_id, result, after_minutes)"
        " select business_id, id, result, 5 from public.campaigns, unnest(array['busy',"
        " 'no-answer', 'canceled', 'failed', 'voicemail', 'booked']) as result"
        " where business_id = %s",
        business,
    )
    database.execute(
        "insert into public.voicemail_messages (business_id, user_id, name, bytes,"
        " duration_seconds) select %s, %s, 'Message ' || n, 1000, 2 from generate_series(1, %s) n",
        *(business, USER, MESSAGES),
    )
    yield
    database.execute("delete from public.businesses where name ~ '^(Many|All)'")
    database.execute("delete from auth.users where id = %s", USER)


def first_business() -> str:
    return BUSINESS[:24] + "00" + BUSINESS[26:]


class Limit:
    """A REST API that answers few rows at once."""

    def __init__(self, rep: Rep) -> None:
        self.asked: set[str] = set()
        self.cut: set[str] = set()
        rep.context.route(re.compile(r"/rest/v1/"), self._answer)

    def _answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        query = dict(parse_qsl(parts.query))
        self.asked.add(parts.path)
        if int(query.get("limit", "1000")) > MOST_ROWS and "describe" not in parts.path:
            query["limit"] = str(MOST_ROWS)
            self.cut.add(parts.path)
        route.continue_(url=urlunsplit(parts._replace(query=urlencode(query))))


@pytest.fixture
def limited(new_rep: Callable[..., Rep], many: None) -> tuple[CallsPage, Limit]:
    rep = new_rep()
    rep.watch.expect("Multiple GoTrueClient instances")
    limit = Limit(rep)
    tab = rep.open()
    tab.sign_in(EMAIL)
    return tab, limit


def test_every_query_of_the_library_reads_on(limited: tuple[CallsPage, Limit]) -> None:
    tab, limit = limited
    assert tab.page.evaluate(WALK, [first_business(), USER, CONVERSATION]) == {
        "businesses": BUSINESSES,
        "campaigns": CAMPAIGNS,
        "members": MEMBERS,
        "callerIds": NUMBERS,
        "changes": CHANGES,
        "leads": LEADS,
        "history": CALLS,
        "latest": 5,
        "byId": 1,
        "byCallSid": 1,
        "describe": 0,
        "rules": RULES,
        "outcomes": list(range(1, OUTCOMES + 1)),
        "messages": MESSAGES,
    }
    assert limit.asked - HEARTBEAT == QUERIES


def test_the_page_shows_all_and_the_history_stays_complete(
    limited: tuple[CallsPage, Limit],
) -> None:
    tab, limit = limited
    page = tab.page
    expect(page.locator("#business option")).to_have_count(BUSINESSES)
    expect(page.locator("#business option:checked")).to_have_text("All")
    expect(tab.campaign.locator("option")).to_have_count(CAMPAIGNS + 1)
    tab.contact.fill("Smith")
    expect(tab.contacts).to_have_count(20)
    expect(page.locator("#lead-hint")).to_contain_text("There are more")
    tab.contact.fill("Smith 23")
    expect(tab.contacts).to_have_count(1)
    page.keyboard.press("Escape")
    for shown in (25, 50, CALLS):
        expect(tab.rows).to_have_count(shown)
        if shown < CALLS:
            page.locator("#history-more").click()
    expect(page.locator("#history-more")).to_be_hidden()

    with page.expect_response(re.compile("list_conversations")):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#history-table")).to_have_attribute("aria-busy", "false")
    expect(tab.rows).to_have_count(CALLS)
    assert limit.asked - HEARTBEAT <= QUERIES, "a new query: read on, and add it to this test"
    assert limit.cut, "nothing was limited"
