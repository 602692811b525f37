import {
  lineFault,
  isLineFaultCode,
  qualityFacts,
  qualityText,
  twilioError,
} from '../../henk-voice/henk-voice.js';
import { copyText } from '../shared/copy-text.js';
import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { tellTrouble } from '../shared/trouble.js';
import { duration, when } from '../shared/words.js';
import { gradeBadge } from './grade.js';
import { faultWord } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').QualityFacts} QualityFacts
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {object} Subject the call
 * @property {string} id of the conversation
 * @property {string} name of the contact, or a number
 * @property {string} at when it was
 */

/**
 * @param {import('../../henk-voice/henk-voice.js').ConversationInHistory} conversation
 * @returns {Subject}
 */
export function subjectOf({ id, lead, to_number: number, created_at: at }) {
  return { id, name: lead?.name ?? number ?? 'Forgotten person', at };
}

/** How good the line of one call was, for each person who was on it, and what support needs. */
export class CallQualityDialog {
  #context;
  #dialog = element('quality-dialog', HTMLDialogElement);
  #title = element('quality-dialog-title', HTMLElement);
  #status = element('quality-dialog-status', HTMLElement);
  #legs = element('quality-legs', HTMLElement);
  #trouble = element('quality-dialog-trouble', HTMLElement);
  #copy = element('quality-copy', HTMLButtonElement);
  #text = element('quality-copy-text', HTMLTextAreaElement);
  #copied = element('quality-copied', HTMLElement);
  #loading = new AbortController();
  /** @type {QualityFacts[]} */
  #found = [];

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#copy.addEventListener('click', () => void this.#copyAll());
    element('quality-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    this.#dialog.addEventListener('close', () => this.#loading.abort());
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /** @param {Subject} subject */
  open({ id, name, at }) {
    this.#loading.abort();
    this.#loading = new AbortController();
    sayParts(this.#title, 'Line: ', bdi(formatNumber(name)), `, ${when(at).short}`);
    say(this.#status, 'Loading…');
    sayParts(this.#trouble);
    this.#legs.replaceChildren();
    this.#copy.hidden = true;
    this.#text.hidden = true;
    say(this.#copied, '');
    this.#dialog.showModal();
    void this.#read(id, this.#loading.signal);
  }

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async #read(id, signal) {
    try {
      this.#found = await this.#context.voice.lineQuality.ofCall(id, { signal });
      if (signal.aborted) return;
      say(this.#status, this.#found.length ? '' : 'Nothing was measured of this call.');
      this.#legs.replaceChildren(...this.#found.map((leg) => this.#section(leg)));
      this.#copy.hidden = !this.#found.length;
    } catch (error) {
      if (signal.aborted) return;
      say(this.#status, '');
      tellTrouble(this.#trouble, error, () => this.#read(id, signal));
    }
  }

  /** @param {QualityFacts} leg */
  #section(leg) {
    const { team } = this.#context;
    const person = leg.user_name ?? team.nameOf(leg.user_id);
    const lasted = leg.seconds === null ? '' : `, ${duration(Math.round(leg.seconds))}`;
    return create(
      'section',
      { class: 'quality-leg' },
      create('h3', {}, bdi(person), lasted, ' ', gradeBadge(leg.grade)),
      ...aboutFault(leg, leg.user_id === this.#context.userId ? '' : person),
      ...aboutErrors(leg),
      create(
        'dl',
        {},
        ...qualityFacts(leg).flatMap(({ label, value }) => [
          create('dt', {}, label),
          create('dd', {}, bdi(value)),
        ]),
      ),
    );
  }

  async #copyAll() {
    const text = this.#found.map(qualityText).join('\n\n');
    const isCopied = await copyText(text, this.#text);
    say(
      this.#copied,
      isCopied ? 'Copied.' : 'The browser does not let this page copy. Press Ctrl+C.',
    );
  }
}

/**
 * @param {QualityFacts} leg
 * @param {string} told whom the texts speak to; empty if it is the reader
 */
function aboutFault({ fault }, told) {
  if (!fault || !isLineFaultCode(fault)) return [];
  const { title, meaning, action } = lineFault(fault);
  const speech = ` ${meaning} ${action}`;
  if (!told) return [create('p', {}, create('strong', {}, `${title}.`), speech)];
  return [
    create('p', {}, create('strong', {}, `${faultWord(fault)}.`), ' For ', bdi(told), `:${speech}`),
  ];
}

/** @param {QualityFacts} leg */
function aboutErrors({ sdk_errors: errors }) {
  const codes = [...new Set(errors.map(({ code }) => code))];
  return codes.map((code) => {
    const { title, meaning, action, url } = twilioError(code);
    const link = create(
      'a',
      { href: url, target: '_blank', rel: 'noreferrer' },
      `Twilio’s error ${code}`,
    );
    return create('p', {}, link, `: ${title}. ${meaning} ${action}`);
  });
}
