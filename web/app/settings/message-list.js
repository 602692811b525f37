import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { ask } from '../shared/question.js';
import { showItems } from '../shared/list-items.js';
import { reader } from '../shared/reader.js';
import { onSetting } from '../shared/setting-changes.js';
import { tellTrouble } from '../shared/trouble.js';
import { duration, when } from '../shared/words.js';
import { MessageDialog } from './message-dialog.js';
import { MessageRecorder } from './message-recorder.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').VoicemailMessage} VoicemailMessage
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** The messages that the rep can leave: their own, and those that colleagues share. */
export class MessageList {
  #context;
  #status = element('messages-status', HTMLElement);
  #title = element('messages-title', HTMLElement);
  #list = element('messages', HTMLUListElement);
  #trouble = element('messages-trouble', HTMLElement);
  #audio = element('message-audio', HTMLAudioElement);
  #dialog;
  /** @type {VoicemailMessage[]} */
  #messages = [];
  #isKnown = false;
  #read;
  /** The id of the one that is played, or about to be. */
  #playing = '';

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { voice, business, team, signal } = context;
    this.#read = reader({
      read: () => voice.messages.list(business.id, { everybodys: team.isManager, signal }),
      show: (messages) => {
        this.#messages = messages;
        this.#isKnown = true;
        this.#show();
      },
      status: this.#status,
      trouble: this.#trouble,
      signal,
    });
    const read = () => void this.#read();
    onSetting(voice, ['voicemail_message'], read, signal);
    this.#dialog = new MessageDialog(context, read);
    new MessageRecorder(context, read);
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      const message = this.#messages.find(({ id }) => button && id === button.value);
      if (button && message) void this.#press(message, button.dataset.act ?? '');
    });
    for (const name of ['ended', 'error']) {
      this.#audio.addEventListener(name, () => this.#stop());
    }
    team.onLoad(() => (team.isManager ? read() : this.#show()), signal);
    voice.on('call', () => this.#stop(), { signal });
    signal.addEventListener('abort', () => this.#stop());
    read();
  }

  #show() {
    if (!this.#isKnown) return;
    const { team, userId } = this.#context;
    say(this.#status, this.#messages.length ? '' : 'There are none yet.');
    showItems(
      this.#list,
      this.#messages.map((message) => {
        const isOwn = message.user_id === userId;
        const about = [
          duration(Math.round(message.duration_seconds)),
          when(message.created_at).short,
          isOwn && message.is_shared && 'shared with colleagues',
        ];
        return create(
          'li',
          { 'data-message': message.id },
          create(
            'span',
            { class: 'message-words' },
            create('strong', {}, bdi(message.name)),
            create(
              'span',
              { class: 'aside' },
              about.filter(Boolean).join(' · '),
              !isOwn && ' · of ',
              !isOwn && bdi(team.nameOf(message.user_id)),
            ),
          ),
          buttonOf(message, 'play', 'Play'),
          isOwn && buttonOf(message, 'edit', 'Edit'),
          (isOwn || team.isManager) && buttonOf(message, 'delete', 'Delete'),
        );
      }),
      this.#title,
    );
    this.#showPlaying();
  }

  #showPlaying() {
    for (const button of this.#list.querySelectorAll('button')) {
      if (button.dataset.act !== 'play') continue;
      const word = button.value === this.#playing ? 'Stop' : 'Play';
      const message = this.#messages.find(({ id }) => id === button.value);
      say(button, word);
      button.setAttribute('aria-label', `${word} ${message?.name}`);
    }
  }

  /**
   * @param {VoicemailMessage} message
   * @param {string} act
   */
  async #press(message, act) {
    sayParts(this.#trouble);
    try {
      if (act === 'edit') this.#dialog.open(message);
      else if (act === 'delete') await this.#delete(message);
      else if (message.id === this.#playing) this.#stop();
      else await this.#play(message);
    } catch (error) {
      if (!this.#context.signal.aborted) tellTrouble(this.#trouble, error);
    }
  }

  /** @param {VoicemailMessage} message */
  async #play({ id }) {
    this.#playing = id;
    this.#showPlaying();
    try {
      const url = await this.#context.voice.messages.address(id);
      // Another one may be wanted by now, or none.
      if (this.#playing !== id) return;
      this.#audio.src = url;
      await this.#audio.play();
    } catch (error) {
      if (this.#playing !== id) return;
      this.#stop();
      if (!(error instanceof DOMException)) throw error;
      say(this.#trouble, 'The message could not be played. Press Play to try again.');
    }
  }

  #stop() {
    this.#playing = '';
    this.#audio.pause();
    this.#showPlaying();
  }

  /** @param {VoicemailMessage} message */
  async #delete({ id, name, is_shared: isShared }) {
    const answer = await ask({
      title: 'Delete this message?',
      text: [
        bdi(name),
        ' is deleted for good. ',
        isShared ? 'Colleagues cannot leave it any more, either.' : 'You cannot leave it any more.',
      ],
      yes: 'Delete the message',
      isDestructive: true,
    });
    if (!answer) return;
    if (this.#playing === id) this.#stop();
    await this.#context.voice.messages.remove(id);
    await this.#read();
    this.#title.focus();
  }
}

/**
 * @param {VoicemailMessage} message
 * @param {string} act
 * @param {string} text
 */
function buttonOf({ id, name }, act, text) {
  return create(
    'button',
    { type: 'button', class: 'quiet', value: id, 'data-act': act, 'aria-label': `${text} ${name}` },
    text,
  );
}
