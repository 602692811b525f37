import { create, element, say, sayParts } from '../shared/dom.js';
import { showItems } from '../shared/list-items.js';
import { tellTrouble } from '../shared/trouble.js';
import { STATES, ruleSentence, whyNoRule } from './rules.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingRule} RecordingRule
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingSettings} RecordingSettings
 * @typedef {import('../shared/settings-source.js').SettingsSource<RecordingSettings>} SettingsSource
 */

/** What countries, and states of the US, ask for besides. */
export class RecordingRules {
  #source;
  #rules = element('rules', HTMLElement);
  #title = element('rules-title', HTMLElement);
  #list = element('rules-list', HTMLUListElement);
  #form = element('rule-form', HTMLFormElement);
  #country = element('rule-country', HTMLInputElement);
  #region = element('rule-region', HTMLSelectElement);
  #trouble = element('rule-trouble', HTMLElement);
  /** @type {RecordingSettings['rules'] | null} */
  #shown = null;

  /** @param {SettingsSource} source */
  constructor(source) {
    this.#source = source;
    this.#region.append(...STATES.map((code) => create('option', { value: code }, code)));
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#add();
    });
    this.#country.addEventListener('input', () => this.#showRegions());
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      if (button) void this.#remove(button.value);
    });
    source.follow(({ rules }) => {
      this.#shown = rules;
      this.#show();
    });
    const { team, signal } = source.context;
    team.onLoad(() => this.#show(), signal);
    this.#showRegions();
  }

  #show() {
    const rules = this.#shown;
    if (!rules) return;
    const { isManager } = this.#source.context.team;
    this.#rules.hidden = false;
    this.#form.hidden = !isManager;
    const items = rules.map((rule) => itemOf(rule, isManager));
    const none = create('li', {}, 'There are none.');
    showItems(this.#list, items.length ? items : [none], this.#title);
  }

  #showRegions() {
    this.#region.disabled = this.#country.value.trim().toUpperCase() !== 'US';
    if (this.#region.disabled) this.#region.value = '';
  }

  async #add() {
    const { voice, business } = this.#source.context;
    const select = (/** @type {string} */ id) => element(id, HTMLSelectElement).value || null;
    const rule = /** @type {RecordingRule} */ ({
      country: this.#country.value.trim().toUpperCase(),
      region: this.#region.value || null,
      mode: select('rule-mode'),
      consent_mode: select('rule-consent'),
    });
    const why = whyNoRule(rule, this.#shown ?? []);
    say(this.#trouble, why);
    if (why) return this.#country.focus();
    await this.#change(() => voice.archive.settings.addRule(business.id, rule));
    this.#form.reset();
    this.#showRegions();
  }

  /** @param {string} id */
  async #remove(id) {
    await this.#change(() => this.#source.context.voice.archive.settings.removeRule(id));
    // The button is not there any more.
    this.#title.focus();
  }

  /** @param {() => Promise<void>} act */
  async #change(act) {
    const { signal } = this.#source.context;
    sayParts(this.#trouble);
    try {
      await act();
      if (!signal.aborted) await this.#source.read();
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    }
  }
}

/**
 * @param {RecordingSettings['rules'][number]} rule
 * @param {boolean} isManager
 */
function itemOf(rule, isManager) {
  const sentence = ruleSentence(rule);
  const remove = create(
    'button',
    {
      type: 'button',
      class: 'quiet',
      value: rule.id,
      'aria-label': `Remove the rule ${sentence}`,
    },
    'Remove',
  );
  return create('li', {}, sentence, isManager && remove);
}
