import { bdi, create, element, nodesOf, say, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { formatNumber } from '../shared/phone-format.js';
import { showNote } from '../shared/notices.js';
import { duration, when } from '../shared/words.js';
import { ArchiveButtons } from './archive-buttons.js';
import { pictureOf } from './picture.js';
import { Player } from './player.js';
import { momentsOf, timelineOf } from './timeline.js';
import { loudness } from './waveform.js';
import { consentSentence, whyNotPlayable } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('../../henk-voice/henk-voice.js').Leg} Leg
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingStory} RecordingStory
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./words.js').RecordingInStory} RecordingInStory
 */

/** The recordings of one call: to hear, and for managers to keep or delete. */
export class RecordingDialog {
  #context;
  #dialog = element('recording-dialog', HTMLDialogElement);
  #title = element('recording-title', HTMLElement);
  #about = element('recording-about', HTMLElement);
  #parts = element('recording-parts', HTMLElement);
  #why = element('recording-why', HTMLElement);
  #lanes = element('player-lanes', HTMLElement);
  #momentsBox = element('player-moments-box', HTMLDetailsElement);
  #moments = element('player-moments', HTMLOListElement);
  #player;
  #buttons;
  /** @type {ConversationInHistory | null} */
  #conversation = null;
  /** @type {RecordingStory | null} */
  #story = null;
  /** @type {RecordingInStory | null} */
  #chosen = null;

  /**
   * @param {ViewContext} context
   * @param {() => void} onForgotten what calls say has changed
   */
  constructor(context, onForgotten) {
    this.#context = context;
    this.#player = new Player(context.signal);
    this.#buttons = new ArchiveButtons(context, {
      onChange: () => void this.#read(),
      onForgotten: (done) => {
        this.#dialog.close();
        showNote('forgotten', done);
        onForgotten();
      },
    });
    element('recording-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    this.#dialog.addEventListener('close', () => {
      this.#player.unload();
      this.#conversation = null;
    });
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /** @param {ConversationInHistory} conversation */
  open(conversation) {
    this.#conversation = conversation;
    this.#story = null;
    this.#chosen = null;
    const name = this.#leadName;
    const { recording_state: state, created_at: createdAt } = conversation;
    const about = state ? 'Recording: ' : 'Privacy: ';
    sayParts(this.#title, about, bdi(name), `, ${when(createdAt).short}`);
    say(this.#about, 'Loading…');
    sayParts(this.#why);
    this.#parts.replaceChildren();
    this.#clearPicture();
    this.#showPlays([]);
    this.#buttons.show(null, null);
    this.#dialog.showModal();
    void this.#read();
  }

  get #leadName() {
    const { lead, to_number: number } = this.#conversation ?? {};
    return lead?.name ?? formatNumber(number ?? '');
  }

  async #read() {
    const conversation = this.#conversation;
    if (!conversation) return;
    try {
      const story = await this.#context.voice.archive.story(conversation.id);
      if (conversation !== this.#conversation) return;
      this.#story = story;
      const before = this.#chosen?.id;
      const { recordings } = story;
      this.#show(recordings.find(({ id }) => id === before) ?? recordings[0] ?? null);
    } catch (error) {
      if (conversation !== this.#conversation) return;
      say(this.#about, '');
      tellTrouble(this.#why, error, () => this.#read());
    }
  }

  /** @param {RecordingInStory | null} recording */
  #show(recording) {
    const story = this.#story;
    if (!story) return;
    const { team } = this.#context;
    const isSame = recording !== null && recording.id === this.#chosen?.id;
    this.#chosen = recording;
    const hasTerms = story.conversation.recording_state !== null || story.recordings.length > 0;
    const said = hasTerms
      ? consentSentence(story.consent, (id) => team.nameOf(id), this.#leadName)
      : [];
    sayParts(this.#about, ...nodesOf(said), aboutHold(story));
    this.#showParts(story, recording);
    this.#showPlays(story.plays);
    const why = recording ? whyNotPlayable(recording) : whyNone(story);
    say(this.#why, why);
    this.#buttons.show(story, why ? null : recording);
    if (why || !recording) {
      this.#player.unload();
      this.#clearPicture();
      return;
    }
    // What is played goes on while a legal hold is set.
    if (isSame) return;
    this.#showPicture(recording, []);
    const { voice } = this.#context;
    const { id } = story.conversation;
    this.#player.load({
      seconds: recording.duration_seconds ?? 0,
      channels: recording.channels ?? 1,
      address: async (signal) => {
        const addresses = await voice.recordings(id, { recordingId: recording.id, signal });
        return addresses[0];
      },
      onAddress: (url, signal) => void this.#listen(recording, url, signal),
    });
  }

  /**
   * @param {RecordingStory} story
   * @param {RecordingInStory | null} chosen
   */
  #showParts({ recordings }, chosen) {
    this.#parts.hidden = recordings.length < 2;
    const focused = this.#parts.contains(document.activeElement);
    const buttons = recordings.map((recording) => {
      const { part, started_at: at, duration_seconds: seconds } = recording;
      const words = [`Part ${part}`, at && when(at).short, seconds && duration(seconds)];
      const button = create(
        'button',
        { type: 'button', 'aria-pressed': String(recording === chosen) },
        words.filter(Boolean).join(' · '),
      );
      button.addEventListener('click', () => this.#show(recording));
      return button;
    });
    this.#parts.replaceChildren(...buttons);
    if (focused) buttons[recordings.findIndex((one) => one === chosen)]?.focus();
  }

  /** @param {RecordingStory['plays']} plays */
  #showPlays(plays) {
    const { team } = this.#context;
    element('plays-box', HTMLDetailsElement).hidden = !plays.length;
    say(element('plays-title', HTMLElement), `Who listened (${plays.length})`);
    element('plays', HTMLOListElement).replaceChildren(
      ...plays.map(({ user_id: userId, kind, at }) => {
        const did = kind === 'download' ? ' downloaded it, ' : ' listened, ';
        return create('li', {}, bdi(team.nameOf(userId)), did, when(at).exact);
      }),
    );
  }

  /**
   * @param {RecordingInStory} recording
   * @param {string} url
   * @param {AbortSignal} signal
   */
  async #listen(recording, url, signal) {
    if (this.#lanes.dataset.of === recording.id) return;
    this.#lanes.dataset.of = recording.id;
    const found = await loudness(url, recording.duration_seconds, signal);
    if (!signal.aborted && found.length) this.#showPicture(recording, found);
  }

  /**
   * @param {RecordingInStory} recording
   * @param {number[][]} found how loud each channel is
   */
  #showPicture(recording, found) {
    const story = this.#story;
    const timeline = story && timelineOf(story, recording, (leg) => this.#nameOf(leg));
    if (!found.length) delete this.#lanes.dataset.of;
    this.#lanes.replaceChildren(...(timeline ? pictureOf(timeline, found) : []));
    const moments = timeline ? momentsOf(timeline) : [];
    this.#momentsBox.hidden = !moments.length;
    this.#moments.replaceChildren(
      ...moments.map(({ at, what }) => {
        const button = create(
          'button',
          { type: 'button', class: 'quiet' },
          `${duration(Math.floor(at))} `,
          ...nodesOf(what),
        );
        button.addEventListener('click', () => this.#player.jump(Math.floor(at)));
        return create('li', {}, button);
      }),
    );
  }

  #clearPicture() {
    delete this.#lanes.dataset.of;
    this.#lanes.replaceChildren();
    this.#moments.replaceChildren();
    this.#momentsBox.hidden = true;
  }

  /** @param {Leg} leg */
  #nameOf({ role, user_id: userId, to_number: number }) {
    if (role === 'lead') return this.#leadName;
    if (userId) return this.#context.team.nameOf(userId);
    return formatNumber(number ?? '');
  }
}

/** @param {RecordingStory} story */
function whyNone({ conversation }) {
  if (conversation.recording_state === 'failed')
    return 'The phone network did not record this call.';
  return 'This call has no recording.';
}

/** @param {RecordingStory} story */
function aboutHold({ legalHold }) {
  if (!legalHold) return '';
  const reason = legalHold.reason ? `: ${legalHold.reason}` : '';
  return ` Legal hold since ${when(legalHold.held_at).short}${reason}. It is not deleted.`;
}
