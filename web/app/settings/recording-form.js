import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { tellNotLoaded } from '../shared/trouble.js';
import { ask } from '../shared/question.js';
import { STATES, ruleSentence, whyNoRule } from './rules.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingRule} RecordingRule
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingSettings} RecordingSettings
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** What the business has decided about recordings. */
export class RecordingForm {
  #context;
  #status = element('settings-status', HTMLElement);
  #form = element('recording-settings', HTMLFormElement);
  #fields = element('settings-fields', HTMLFieldSetElement);
  #mode = element('settings-mode', HTMLSelectElement);
  #consent = element('settings-consent', HTMLSelectElement);
  #notice = element('settings-notice', HTMLTextAreaElement);
  #days = element('settings-days', HTMLInputElement);
  #access = element('settings-access', HTMLSelectElement);
  #save = element('settings-save', HTMLButtonElement);
  #saved = element('settings-saved', HTMLElement);
  #trouble = element('settings-trouble', HTMLElement);
  #rules = element('rules', HTMLElement);
  #rulesTitle = element('rules-title', HTMLElement);
  #list = element('rules-list', HTMLUListElement);
  #ruleForm = element('rule-form', HTMLFormElement);
  #country = element('rule-country', HTMLInputElement);
  #region = element('rule-region', HTMLSelectElement);
  #ruleTrouble = element('rule-trouble', HTMLElement);
  /** @type {RecordingSettings | null} */
  #settings = null;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#region.append(...STATES.map((code) => create('option', { value: code }, code)));
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#change();
    });
    this.#form.addEventListener('input', () => say(this.#saved, 'Not saved yet.'));
    this.#ruleForm.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#add();
    });
    this.#country.addEventListener('input', () => this.#showRegions());
    context.team.onLoad(() => this.#showRole(), context.signal);
    this.#showRegions();
    void this.#load();
  }

  async #load() {
    const { voice, business, signal } = this.#context;
    try {
      const settings = await voice.archive.settings.read(business.id, { signal });
      if (signal.aborted) return;
      this.#fill(settings);
    } catch (error) {
      if (signal.aborted) return;
      tellNotLoaded(this.#status, 'The settings', error, () => this.#load());
    }
  }

  /** @param {RecordingSettings} settings */
  #fill(settings) {
    this.#settings = settings;
    this.#mode.value = settings.recording_mode;
    this.#consent.value = settings.consent_mode;
    this.#notice.value = settings.recording_notice ?? '';
    this.#days.value = String(settings.recording_retention_days);
    this.#access.value = settings.recording_access;
    this.#form.hidden = false;
    this.#rules.hidden = false;
    this.#showRole();
  }

  #showRole() {
    const { isManager } = this.#context.team;
    if (!this.#settings) return;
    const who = isManager
      ? 'A change applies to calls that begin after it, and is on record.'
      : 'Your managers can change this.';
    say(this.#status, who);
    this.#fields.disabled = !isManager;
    this.#save.hidden = !isManager;
    this.#ruleForm.hidden = !isManager;
    this.#showRules(this.#settings.rules, isManager);
  }

  /**
   * @param {RecordingSettings['rules']} rules
   * @param {boolean} isManager
   */
  #showRules(rules, isManager) {
    this.#list.replaceChildren(
      ...rules.map((rule) => {
        const sentence = ruleSentence(rule);
        const remove = create(
          'button',
          { type: 'button', class: 'quiet', 'aria-label': `Remove the rule ${sentence}` },
          'Remove',
        );
        remove.addEventListener('click', () => void this.#remove(rule.id));
        return create('li', {}, sentence, isManager && remove);
      }),
    );
    if (!rules.length) this.#list.append(create('li', {}, 'There are none.'));
  }

  #showRegions() {
    this.#region.disabled = this.#country.value.trim().toUpperCase() !== 'US';
    if (this.#region.disabled) this.#region.value = '';
  }

  async #change() {
    const { voice, business, signal } = this.#context;
    sayParts(this.#trouble);
    const days = Number(this.#days.value);
    if (!Number.isInteger(days) || days < 1 || days > 3650) {
      say(this.#saved, '');
      this.#days.setAttribute('aria-invalid', 'true');
      this.#days.focus();
      return say(
        this.#trouble,
        `Not saved: “${this.#days.value}” is not a number of days. Write 1 to 3650.`,
      );
    }
    this.#days.removeAttribute('aria-invalid');
    if (!(await this.#mayShorten(days)) || signal.aborted) return;
    say(this.#saved, 'Saving…');
    try {
      const settings = await voice.archive.settings.change(business.id, {
        recording_mode: /** @type {RecordingSettings['recording_mode']} */ (this.#mode.value),
        consent_mode: /** @type {RecordingSettings['consent_mode']} */ (this.#consent.value),
        recording_notice: this.#notice.value.trim() || null,
        recording_retention_days: days,
        recording_access: /** @type {'own' | 'all'} */ (this.#access.value),
      });
      if (signal.aborted) return;
      this.#fill(settings);
      say(this.#saved, 'Saved.');
    } catch (error) {
      if (signal.aborted) return;
      say(this.#saved, '');
      this.#tell(this.#trouble, error);
    }
  }

  /**
   * Fewer days apply to what is kept, and what is deleted does not come back.
   *
   * @param {number} days
   * @returns {Promise<boolean>}
   */
  async #mayShorten(days) {
    const before = this.#settings?.recording_retention_days ?? 0;
    if (days >= before) return true;
    const words = days === 1 ? '1 day' : `${days} days`;
    const answer = await ask({
      title: `Delete recordings after ${words}?`,
      text: [
        `Until now they are kept for ${before}. All recordings that are older than ${words} are deleted for good as soon as you save, except under a legal hold.`,
      ],
      yes: 'Save and delete',
      isDestructive: true,
    });
    return answer !== null;
  }

  async #add() {
    const { voice, business } = this.#context;
    const select = (/** @type {string} */ id) => element(id, HTMLSelectElement).value || null;
    const rule = /** @type {RecordingRule} */ ({
      country: this.#country.value.trim().toUpperCase(),
      region: this.#region.value || null,
      mode: select('rule-mode'),
      consent_mode: select('rule-consent'),
    });
    const why = whyNoRule(rule, this.#settings?.rules ?? []);
    say(this.#ruleTrouble, why);
    if (why) return this.#country.focus();
    await this.#changeRules(() => voice.archive.settings.addRule(business.id, rule));
    this.#ruleForm.reset();
    this.#showRegions();
  }

  /** @param {string} id */
  async #remove(id) {
    await this.#changeRules(() => this.#context.voice.archive.settings.removeRule(id));
    // The button is not there any more.
    this.#rulesTitle.focus();
  }

  /**
   * What was typed into the form above, and is not saved, stays.
   *
   * @param {() => Promise<void>} act
   */
  async #changeRules(act) {
    const { voice, business, signal } = this.#context;
    sayParts(this.#ruleTrouble);
    try {
      await act();
      const { rules } = await voice.archive.settings.read(business.id, { signal });
      if (signal.aborted || !this.#settings) return;
      this.#settings.rules = rules;
      this.#showRole();
    } catch (error) {
      if (!signal.aborted) this.#tell(this.#ruleTrouble, error);
    }
  }

  /**
   * @param {HTMLElement} place
   * @param {unknown} error
   */
  #tell(place, error) {
    const { title, message, action } = failureOf(error);
    sayParts(place, create('strong', {}, title), ` ${message} ${action}`);
  }
}
