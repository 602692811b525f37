import { create } from '../shared/dom.js';
import { onSetting } from '../shared/setting-changes.js';
import { findingAdvice, stepAdvice } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').FirstSteps} FirstSteps
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./words.js').Advice} Advice
 */

/** What is said also where people call. */
const STOPS_CALLS = new Set(['no_default_caller_id', 'caller_id_fails']);
/** What steps and findings depend on, in the words of the record of changes. */
const SETTINGS = [
  'business',
  'phone_number',
  'member',
  'invitation',
  'lead',
  'lead_import',
  'campaign',
];
const HIDDEN = 'henk-calls.first-steps-hidden';

/**
 * What the business still needs to call, and what stands in its way, for owners and managers. Without
 * anything to say the place stays empty.
 */
export class FirstStepsCard {
  #context;
  #place;
  #isBrief;
  #shown = '';
  #isReading = false;

  /**
   * @param {HTMLElement} place
   * @param {ViewContext} context
   * @param {{ isBrief: boolean }} options whether it shows the next step alone, and can be hidden in this browser
   */
  constructor(place, context, { isBrief }) {
    this.#place = place;
    this.#context = context;
    this.#isBrief = isBrief;
    const { signal, team, voice } = context;
    team.onLoad(() => void this.#read(), signal);
    if (team.isManager) void this.#read();
    onSetting(voice, SETTINGS, () => void this.#read(), signal);
    // The first call, and its outcome, are steps.
    signal.addEventListener(
      'abort',
      voice.on('callend', () => this.#isShown && void this.#read()),
    );
  }

  get #isShown() {
    return this.#place.hasChildNodes();
  }

  async #read() {
    const { business, signal, team, voice } = this.#context;
    if (!team.isManager || this.#isReading) return;
    this.#isReading = true;
    try {
      const found = await voice.firstSteps(business.id, { signal });
      if (!signal.aborted) this.#show(found);
    } catch {
      // It is advice: the page works without it, and the next visit reads it again.
    } finally {
      this.#isReading = false;
    }
  }

  /** @param {FirstSteps} found */
  #show({ steps, findings: all }) {
    const missing = steps.filter(({ is_done: isDone }) => !isDone);
    const findings = this.#isBrief ? all.filter(({ finding }) => STOPS_CALLS.has(finding)) : all;
    const key = [...missing.map(({ step }) => step), ...findings.map(codeOf)].join(' ');
    const hidden = `${this.#context.business.id} ${key}`;
    if (!key || (this.#isBrief && readHidden() === hidden)) {
      this.#place.replaceChildren();
      return;
    }
    if (this.#shown === key && this.#isShown) return;
    this.#shown = key;
    const hadFocus = this.#place.contains(document.activeElement);
    const title = create(
      'h2',
      { id: 'first-steps-title', tabindex: '-1' },
      missing.length ? 'First steps' : 'Something needs you',
    );
    const listed = this.#isBrief ? missing.slice(0, 1) : steps;
    this.#place.replaceChildren(
      create(
        'section',
        { class: 'card first-steps', 'aria-labelledby': title.id },
        create('div', { class: 'first-steps-head' }, title, this.#isBrief && this.#buttons(hidden)),
        missing.length > 0 &&
          create(
            'ol',
            { start: String(steps.findIndex((step) => step === listed[0]) + 1) },
            ...listed.map(({ step, is_done: isDone }) => {
              const isNext = step === missing[0]?.step;
              return this.#itemOf(stepAdvice(step), isDone ? 'done' : isNext ? 'next' : 'later');
            }),
          ),
        findings.length > 0 &&
          create(
            'ul',
            {},
            ...findings.map((finding) => this.#itemOf(findingAdvice(finding), 'finding')),
          ),
      ),
    );
    if (hadFocus) title.focus();
  }

  /**
   * @param {Advice} advice
   * @param {'done' | 'next' | 'later' | 'finding'} state
   */
  #itemOf({ title, text, link }, state) {
    const isOpen = state === 'next' || state === 'finding';
    const isLinked = link && state !== 'done' && this.#context.hasView(link.path);
    return create(
      'li',
      { 'data-state': state, ...(state === 'next' && { 'aria-current': 'step' }) },
      create('strong', {}, title),
      state === 'done' && create('span', { class: 'visually-hidden' }, ' (done)'),
      isOpen && create('p', {}, text),
      isLinked &&
        create('a', { href: `#${link.path}`, 'aria-label': `${link.words}: ${title}` }, link.words),
    );
  }

  /** @param {string} hidden what is hidden; something else is shown again */
  #buttons(hidden) {
    const hide = create('button', { type: 'button', class: 'quiet' }, 'Hide');
    hide.addEventListener('click', () => {
      writeHidden(hidden);
      this.#place.replaceChildren();
      document.getElementById('main')?.focus();
    });
    const all =
      this.#context.hasView('/settings') && create('a', { href: '#/settings' }, 'All steps');
    return create('span', {}, all, hide);
  }
}

/** @param {import('../../henk-voice/henk-voice.js').BusinessFinding} finding */
function codeOf({ finding, about }) {
  return `${finding}:${about ?? ''}`;
}

/** A browser may refuse to keep anything. */
function readHidden() {
  try {
    return localStorage.getItem(HIDDEN);
  } catch {
    return null;
  }
}

/** @param {string} value */
function writeHidden(value) {
  try {
    localStorage.setItem(HIDDEN, value);
  } catch {
    // It is shown again at the next visit.
  }
}
