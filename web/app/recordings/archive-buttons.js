import { failureOf } from '../../henk-voice/henk-voice.js';
import { bdi, create, element, ltr, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { ask } from '../shared/question.js';
import { when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingStory} RecordingStory
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./words.js').RecordingInStory} RecordingInStory
 *
 * @typedef {object} Told
 * @property {() => void} onChange what is known of the recordings has changed
 * @property {(done: string) => void} onForgotten there is nothing left to show; `done` says what was done
 */

/** What managers may do with the recordings of a call: save, hold, delete, forget the person. */
export class ArchiveButtons {
  #context;
  #told;
  #box = element('archive-buttons', HTMLElement);
  #download = element('archive-download', HTMLButtonElement);
  #hold = element('archive-hold', HTMLButtonElement);
  #delete = element('archive-delete', HTMLButtonElement);
  #forget = element('archive-forget', HTMLButtonElement);
  #done = element('archive-done', HTMLElement);
  #trouble = element('archive-trouble', HTMLElement);
  /** @type {RecordingStory | null} */
  #story = null;
  /** @type {RecordingInStory | null} */
  #recording = null;

  /**
   * @param {ViewContext} context
   * @param {Told} told
   */
  constructor(context, told) {
    this.#context = context;
    this.#told = told;
    this.#download.addEventListener('click', () => void this.#do(() => this.#save()));
    this.#hold.addEventListener('click', () => void this.#do(() => this.#setHold()));
    this.#delete.addEventListener('click', () => void this.#do(() => this.#remove()));
    this.#forget.addEventListener('click', () => void this.#do(() => this.#forgetPerson()));
  }

  /**
   * @param {RecordingStory | null} story null: nothing is known yet
   * @param {RecordingInStory | null} recording the one that can be played
   */
  show(story, recording) {
    const focused = document.activeElement;
    if (story?.conversation.id !== this.#story?.conversation.id) {
      say(this.#done, '');
      sayParts(this.#trouble);
    }
    this.#story = story;
    this.#recording = recording;
    this.#box.hidden = !story || !this.#context.team.isManager;
    this.#download.hidden = !recording;
    this.#delete.hidden = !story?.recordings.some(({ wanted }) => wanted === 'kept');
    this.#delete.setAttribute('aria-disabled', String(Boolean(story?.legalHold)));
    this.#hold.hidden = this.#delete.hidden && !story?.legalHold;
    say(this.#hold, story?.legalHold ? 'End the legal hold' : 'Legal hold');
    if (focused instanceof HTMLElement && this.#box.contains(focused) && focused.hidden) {
      element('recording-close', HTMLButtonElement).focus();
    }
  }

  get #leadName() {
    const { lead, to_number: number } = this.#story?.conversation ?? {};
    return lead ? bdi(lead.name) : ltr(formatNumber(number ?? ''));
  }

  /** @param {() => Promise<string | null>} act resolves to what was done; null: nothing */
  async #do(act) {
    sayParts(this.#trouble);
    say(this.#done, '');
    try {
      const done = await act();
      if (done !== null) say(this.#done, done);
    } catch (error) {
      const { title, message, action } = failureOf(error);
      sayParts(this.#trouble, create('strong', {}, title), ` ${message} ${action}`);
    }
  }

  async #save() {
    const [story, recording] = [this.#story, this.#recording];
    if (!story || !recording) return null;
    say(this.#done, 'Fetching the recording…');
    const [address] = await this.#context.voice.recordings(story.conversation.id, {
      recordingId: recording.id,
      download: true,
    });
    const response = address && (await fetch(address.url));
    if (!response?.ok) {
      sayParts(this.#trouble, 'The recording could not be fetched. Press Download to try again.');
      return '';
    }
    // The browser would play what comes from another host, and not save it.
    const url = URL.createObjectURL(await response.blob());
    const day = (recording.started_at ?? story.conversation.created_at).slice(0, 10);
    create('a', { href: url, download: `call-${day}-part-${recording.part}.mp3` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return 'The recording was saved on this computer. That is on record.';
  }

  async #setHold() {
    const story = this.#story;
    if (!story) return null;
    const isHeld = !story.legalHold;
    const asked = await ask(
      isHeld
        ? {
            title: 'Keep the recordings of this call?',
            text: ['They are not deleted until somebody ends the legal hold.'],
            yes: 'Keep them',
            reasonLabel: 'Why (is on record)',
          }
        : {
            title: 'End the legal hold?',
            text: [
              'The recordings are deleted when their days are over, or at once if they are already.',
            ],
            yes: 'End the hold',
          },
    );
    if (!asked) return null;
    const { archive } = this.#context.voice;
    await archive.setLegalHold(story.conversation.id, isHeld, asked.reason || undefined);
    this.#told.onChange();
    return isHeld ? 'The recordings are kept.' : 'The legal hold has ended.';
  }

  async #remove() {
    const story = this.#story;
    if (!story) return null;
    if (story.legalHold) {
      sayParts(this.#trouble, 'Not deleted: there is a legal hold. End it first.');
      return null;
    }
    const asked = await ask({
      title: 'Delete the recordings of this call?',
      text: [
        'All recordings of the call with ',
        this.#leadName,
        `, ${when(story.conversation.created_at).short}, are deleted for good. It stays on record that they were there, and who deleted them.`,
      ],
      yes: 'Delete the recordings',
      isDestructive: true,
    });
    if (!asked) return null;
    await this.#context.voice.archive.deleteRecordings(story.conversation.id);
    this.#told.onChange();
    return 'The recordings are being deleted.';
  }

  async #forgetPerson() {
    const { voice, business } = this.#context;
    const story = this.#story;
    if (!story) return null;
    const { lead_id: leadId, to_number: phoneNumber } = story.conversation;
    const asked = await ask({
      title: 'Forget this person?',
      text: [
        'Everything that this business has about ',
        this.#leadName,
        ' is deleted for good: the contact, and of all calls with them the recordings, the notes and the number. It stays on record that this was done, without who it was. What is under a legal hold stays until it ends.',
      ],
      yes: 'Forget them',
      isDestructive: true,
    });
    if (!asked) return null;
    const { id, conversations, held } = await voice.archive.forgetPerson(business.id, {
      leadId,
      phoneNumber,
    });
    const calls =
      conversations === 1 ? '1 call was cleared.' : `${conversations} calls were cleared.`;
    const stays = held ? ` ${held} under a legal hold stay until it ends.` : '';
    const done = `${calls}${stays} On record as request ${id}.`;
    // Also what is under a legal hold has changed in the list.
    this.#told.onForgotten(done);
    return null;
  }
}
