"""The client library as a package: what `npm pack` makes of it, in an app written in TypeScript."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stack.settings import CHECKOUT

# Uses the package as docs/client-library.md shows it. Each `@ts-expect-error` is an error itself if
# the line below it has no error, as it would if the types were `any`.
CONSUMER = """
import { Device } from '@twilio/voice-sdk';
import { createClient } from '@supabase/supabase-js';
import { FINAL_STATUSES, HenkVoice, VoiceError, failureOf, isOver } from 'henk-voice';
import { failureOfSignIn, steadyFetch, warningSentence } from 'henk-voice';
import type { Call, ConversationStatus, EndReason, Failure, Preview } from 'henk-voice';
import type { CallRecording, RecordingAddress, RecordingStory, RecordingTerms } from 'henk-voice';
import type { Colleague, Leg, Ring, RingEnd, Stage } from 'henk-voice';

const supabase = createClient('https://example.supabase.co', 'key');
const voice = new HenkVoice({ Device, supabase, functionsUrl: '/api/twilio' });
voice.on('failure', ({ title, action }: Failure) => console.log(title.length, action.length));
voice.on('callchange', ({ state, talkSeconds }) => {
  console.log(state === 'ringing', talkSeconds + 1);
});
const call: Call = voice.dial({ to: '+14155552671', leadId: 'lead' });
const reason: EndReason | null = call.reason;
const statuses: readonly ConversationStatus[] = FINAL_STATUSES;
const over: boolean = isOver('blocked');
const failure: Failure = new VoiceError(failureOf(new Error())).failure;
console.log(reason, statuses, over, failure.retryAfter);

const preview: Preview = await voice.preview({ to: '415 555 0100 x12' });
const sentences: string[] = preview.warnings.map(warningSentence);
const { conversations, more } = await voice.conversations.history('business', { limit: 25 });
const next = await voice.conversations.history('business', { before: conversations.at(-1)! });
const { conflicts } = await voice.describe('call', { notes: 'b' }, { notes: 'a' });
const taken: string | null | undefined = conflicts.notes?.changed_by_name;
console.log(sentences, more, next.more, taken, failureOfSignIn({ code: 'user_banned' }).authCode);
createClient('https://example.supabase.co', 'key', { global: { fetch: steadyFetch() } });

const people: Colleague[] = await voice.colleagues();
const { legs } = await call.transfer({ userId: people[0]!.user_id }, 'warm');
const stage: Stage | null = call.stage;
const others: Leg[] = legs.filter(({ role }) => role === 'teammate');
voice.on('incoming', (ring: Ring) => {
  ring.on('end', ({ why }) => console.log(why satisfies RingEnd));
  const taken: Call = ring.accept();
  console.log(taken.direction === 'incoming', ring.conversation?.lead?.name);
  console.log(voice.phone.ring?.reason);
});
await voice.presence.set('away');
await voice.control('call', { action: 'hold' });
console.log(stage, others, voice.presence.state === 'busy');

const terms: RecordingTerms | null = preview.recording;
const recording: CallRecording | null = call.recording;
if (recording?.needsConsent) await call.record('start', { consent: 'agreed' });
const [address]: RecordingAddress[] = await voice.recordings('call', { download: true });
const story: RecordingStory = await voice.archive.story('call');
await voice.archive.setLegalHold('call', story.legalHold === null, 'a dispute');
await voice.archive.settings.change('business', { recording_mode: 'all' });
console.log(terms?.consentMode === 'both', recording?.state === 'paused', address?.url.length);

// @ts-expect-error nobody can ask for that
call.record('rewind');
// @ts-expect-error a business cannot record sometimes
voice.archive.settings.change('business', { recording_mode: 'sometimes' });
// @ts-expect-error there is no such mode
call.transfer({ userId: 'ada' }, 'hot');
// @ts-expect-error somebody has to be named
call.add({});
// @ts-expect-error nobody can choose to be busy
voice.presence.set('busy');
// @ts-expect-error there is no such event
voice.on('rings', () => {});
// @ts-expect-error a call has no such state
console.log(call.state === 'dialling');
// @ts-expect-error the number is required
voice.dial({ leadId: 'lead' });
// @ts-expect-error there is no such failure
console.log(failure.code === 'no_such_code');
// @ts-expect-error the fields that begin with # are private
console.log(voice.requests);
"""
# `--skipLibCheck`: the types of supabase-js need those of Node.
OPTIONS = (
    *("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"),
    *("--module", "esnext", "--moduleResolution", "bundler"),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package and its peers are installed."""
    folder = tmp_path_factory.mktemp("app")
    modules = folder / "node_modules"
    modules.mkdir()
    for scope in ("@twilio", "@supabase"):
        (modules / scope).symlink_to(CHECKOUT / "node_modules" / scope)
    run("npm", "pack", "--silent", "--pack-destination", folder, cwd=CHECKOUT / "web/henk-voice")
    [packed] = folder.glob("henk-voice-*.tgz")
    run("tar", "-xzf", packed, "-C", folder, cwd=folder)
    (folder / "package").rename(modules / "henk-voice")
    return folder


def test_typescript_knows_the_types_of_the_package(app: Path) -> None:
    (app / "consumer.ts").write_text(CONSUMER)
    run(CHECKOUT / "node_modules/.bin/tsc", *OPTIONS, "consumer.ts", cwd=app)


def test_the_package_has_no_tests_and_no_other_entry(app: Path) -> None:
    package = app / "node_modules/henk-voice"
    assert not list(package.rglob("*.test.js"))
    exported = "import('henk-voice').then((module) => console.log(typeof module.HenkVoice))"
    assert run("node", "--eval", exported, cwd=app) == "function\n"
    inner = "import('henk-voice/phone.js').catch((error) => console.log(error.code))"
    assert run("node", "--eval", inner, cwd=app) == "ERR_PACKAGE_PATH_NOT_EXPORTED\n"


def run(*command: str | Path, cwd: Path) -> str:
    """What the command prints. Shows all of its output if it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
