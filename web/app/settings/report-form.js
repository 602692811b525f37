import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { tellNotLoaded } from '../shared/trouble.js';
import { clockOf, zoneWords, zonesByRegion } from '../shared/time-zones.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ReportSettings} ReportSettings
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** By what the business's reports count: its clock, what a conversation is, and when a week begins. */
export class ReportForm {
  #context;
  #status = element('report-settings-status', HTMLElement);
  #form = element('report-settings', HTMLFormElement);
  #fields = element('report-settings-fields', HTMLFieldSetElement);
  #zone = element('report-zone', HTMLSelectElement);
  #zoneHint = element('report-zone-hint', HTMLElement);
  #seconds = element('report-seconds', HTMLInputElement);
  #weekStart = element('report-week-start', HTMLSelectElement);
  #save = element('report-settings-save', HTMLButtonElement);
  #saved = element('report-settings-saved', HTMLElement);
  #trouble = element('report-settings-trouble', HTMLElement);
  /** @type {ReportSettings | null} */
  #settings = null;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#change();
    });
    this.#form.addEventListener('input', () => say(this.#saved, 'Not saved yet.'));
    this.#zone.addEventListener('change', () => this.#showClock());
    context.team.onLoad(() => this.#showRole(), context.signal);
    void this.#load();
  }

  async #load() {
    const { voice, business, signal } = this.#context;
    try {
      const settings = await voice.reports.settings.read(business.id, { signal });
      if (!signal.aborted) this.#fill(settings);
    } catch (error) {
      if (signal.aborted) return;
      tellNotLoaded(this.#status, 'The settings', error, () => this.#load());
    }
  }

  /** @param {ReportSettings} settings */
  #fill(settings) {
    this.#settings = settings;
    this.#zone.replaceChildren(
      create('option', { value: 'UTC' }, 'UTC'),
      ...[...zonesByRegion(settings.time_zone)].map(([region, zones]) => {
        const options = zones.map((zone) => create('option', { value: zone }, zoneWords(zone)));
        return create('optgroup', { label: region }, ...options);
      }),
    );
    this.#zone.value = settings.time_zone;
    this.#seconds.value = String(settings.conversation_seconds);
    this.#weekStart.value = String(settings.week_start);
    this.#form.hidden = false;
    this.#showClock();
    this.#showRole();
  }

  #showClock() {
    const clock = clockOf(this.#zone.value, new Date());
    say(
      this.#zoneHint,
      `A day of a report begins and ends at midnight there, wherever you are.${clock && ` It is ${clock} there now.`}`,
    );
  }

  #showRole() {
    const { isManager } = this.#context.team;
    if (!this.#settings) return;
    say(
      this.#status,
      isManager
        ? 'A change applies to all calls, earlier ones too, and is on record.'
        : 'Your managers can change this.',
    );
    this.#fields.disabled = !isManager;
    this.#save.hidden = !isManager;
  }

  async #change() {
    const { voice, business, signal } = this.#context;
    sayParts(this.#trouble);
    const seconds = Number(this.#seconds.value);
    const isRight = Number.isInteger(seconds) && seconds >= 5 && seconds <= 600;
    this.#seconds.setAttribute('aria-invalid', String(!isRight));
    if (!isRight) {
      say(this.#saved, '');
      this.#seconds.focus();
      return say(
        this.#trouble,
        `Not saved: “${this.#seconds.value}” is not a number of seconds from 5 to 600.`,
      );
    }
    say(this.#saved, 'Saving…');
    try {
      const settings = await voice.reports.settings.change(business.id, {
        time_zone: this.#zone.value,
        conversation_seconds: seconds,
        week_start: Number(this.#weekStart.value),
      });
      if (signal.aborted) return;
      this.#fill(settings);
      // The reports read it from there.
      Object.assign(business, settings);
      say(this.#saved, 'Saved. Reports are counted again: that takes a minute or two.');
    } catch (error) {
      if (signal.aborted) return;
      say(this.#saved, '');
      const { title, message, action } = failureOf(error);
      sayParts(this.#trouble, create('strong', {}, title), ` ${message} ${action}`);
    }
  }
}
