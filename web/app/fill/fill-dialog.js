import { failureOf } from '../../henk-voice/henk-voice.js';
import { keepTrying } from '../frame/keep-trying.js';
import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { FileSource } from './file-source.js';
import { SearchSource } from './search-source.js';
import { addedSentence, phaseWords } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ImportProgress} ImportProgress
 * @typedef {import('../../henk-voice/henk-voice.js').LeadSource} LeadSource
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {{ signal: AbortSignal, onProgress: (progress: ImportProgress) => void }} Watched
 *
 * @typedef {object} Filling what the parts of the dialog need
 * @property {ViewContext} context
 * @property {() => { id: string, name: string } | null} campaign whose queue is filled; null: contacts are imported
 * @property {<T>(work: (watched: Watched) => Promise<T>) => Promise<T | null>} run does it with a bar of
 *   progress; null if it failed or was stopped, which is said
 * @property {(sentence: string) => void} done says what was done
 * @property {() => void} changed the queue, or the business, has other leads now
 */

/** @type {Promise<string> | null} */
let markup = null;

async function loadMarkup() {
  const address = new URL('./dialog.html', import.meta.url);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname}: ${response.status}`);
  return response.text();
}

/** Fills the queue of a campaign: from a file, by a search, or from another campaign. And imports contacts. */
export class FillDialog {
  #context;
  #onChange;
  /** @type {Promise<Parts | null>} */
  #parts;

  /**
   * @param {ViewContext} context
   * @param {{ onChange?: () => void }} [options] `onChange`: the queue, or the business, has other leads now
   */
  constructor(context, { onChange = () => {} } = {}) {
    this.#context = context;
    this.#onChange = onChange;
    this.#parts = this.#make();
  }

  /** @param {{ id: string, name: string } | null} campaign null: contacts are imported, for no queue */
  async open(campaign) {
    const parts = await this.#parts;
    if (!this.#context.signal.aborted) parts?.open(campaign);
  }

  async #make() {
    markup ??= keepTrying(loadMarkup);
    const template = document.createElement('template');
    template.innerHTML = await markup;
    // The view was left while the markup was on its way.
    if (this.#context.signal.aborted) return null;
    element('view', HTMLElement).append(template.content);
    return new Parts(this.#context, this.#onChange);
  }
}

class Parts {
  #context;
  #onChange;
  #dialog = element('fill-dialog', HTMLDialogElement);
  #title = element('fill-title', HTMLElement);
  #sources = element('fill-sources', HTMLFieldSetElement);
  #again = element('fill-again', HTMLInputElement);
  #againBox = element('fill-again-box', HTMLElement);
  #progress = element('fill-progress', HTMLElement);
  #bar = element('fill-bar', HTMLProgressElement);
  #done = element('fill-done', HTMLElement);
  #trouble = element('fill-trouble', HTMLElement);
  #campaigns = element('fill-campaign-choice', HTMLSelectElement);
  #addRest = element('fill-add-rest', HTMLButtonElement);
  #file;
  #search;
  /** @type {{ id: string, name: string } | null} */
  #campaign = null;
  /** What is going on. @type {AbortController | null} */
  #work = null;

  /**
   * @param {ViewContext} context
   * @param {() => void} onChange
   */
  constructor(context, onChange) {
    this.#context = context;
    this.#onChange = onChange;
    /** @type {Filling} */
    const filling = {
      context,
      campaign: () => this.#campaign,
      run: (work) => this.#run(work),
      done: (sentence) => {
        say(this.#done, sentence);
        // What was pressed is not there any more.
        this.#title.focus();
      },
      changed: () => this.#onChange(),
    };
    this.#file = new FileSource(filling);
    this.#search = new SearchSource(context, (source) => void this.#enqueue(source));
    this.#sources.addEventListener('change', () => this.#showSource());
    this.#addRest.addEventListener(
      'click',
      () => void this.#enqueue({ fromCampaignId: this.#campaigns.value }),
    );
    element('fill-stop', HTMLButtonElement).addEventListener('click', () => this.#work?.abort());
    element('fill-close', HTMLButtonElement).addEventListener('click', () => this.#close());
    this.#dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.#close();
    });
    context.signal.addEventListener('abort', () => {
      this.#work?.abort();
      this.#dialog.close();
      this.#dialog.remove();
    });
  }

  /** @param {{ id: string, name: string } | null} campaign */
  open(campaign) {
    if (this.#dialog.open) return;
    this.#campaign = campaign;
    if (campaign) sayParts(this.#title, 'Fill the queue of ', bdi(campaign.name));
    else say(this.#title, 'Import contacts');
    this.#sources.hidden = !campaign;
    if (!campaign) element('fill-source-file', HTMLInputElement).checked = true;
    say(this.#done, '');
    say(this.#trouble, '');
    this.#again.checked = false;
    this.#file.open();
    if (campaign) {
      this.#search.open();
      void this.#listCampaigns(campaign.id);
    }
    this.#showSource();
    this.#dialog.showModal();
  }

  #close() {
    if (this.#work) {
      say(this.#trouble, 'Not closed: this goes on still. Wait, or press Stop first.');
      return;
    }
    this.#dialog.close();
  }

  #showSource() {
    const chosen = this.#sources.querySelector('input:checked');
    const source = chosen instanceof HTMLInputElement ? chosen.value : 'file';
    for (const name of ['file', 'search', 'campaign']) {
      element(`fill-${name}`, HTMLElement).hidden = name !== source;
    }
    this.#againBox.hidden = source === 'file';
    say(this.#done, '');
    say(this.#trouble, '');
  }

  /** @param {string} butId */
  async #listCampaigns(butId) {
    const { voice, business, signal } = this.#context;
    try {
      const campaigns = await voice.conversations.campaigns(business.id, { signal });
      const others = campaigns.filter(({ id }) => id !== butId);
      this.#campaigns.replaceChildren(
        ...others.map(({ id, name }) => create('option', { value: id }, name)),
      );
      this.#campaigns.disabled = !others.length;
      this.#addRest.disabled = !others.length;
    } catch (error) {
      if (!signal.aborted) this.#tell(error);
    }
  }

  /** @param {LeadSource} source */
  async #enqueue(source) {
    const campaign = this.#campaign;
    if (!campaign) return;
    const again = this.#again.checked;
    const added = await this.#run((watched) =>
      this.#context.voice.leads.enqueue(campaign.id, { ...source, again }, watched),
    );
    if (!added) return;
    say(this.#done, addedSentence(added));
    this.#onChange();
  }

  /** @type {Filling['run']} */
  async #run(work) {
    if (this.#work) return null;
    const controller = new AbortController();
    this.#work = controller;
    this.#busy(true);
    say(this.#done, '');
    say(this.#trouble, '');
    try {
      return await work({
        signal: controller.signal,
        onProgress: (progress) => this.#show(progress),
      });
    } catch (error) {
      if (controller.signal.aborted) say(this.#done, 'Stopped.');
      else this.#tell(error);
      return null;
    } finally {
      this.#work = null;
      this.#busy(false);
    }
  }

  /** @param {boolean} isBusy */
  #busy(isBusy) {
    this.#progress.hidden = !isBusy;
    this.#sources.disabled = isBusy;
    for (const name of ['file', 'search', 'campaign']) {
      element(`fill-${name}`, HTMLElement).inert = isBusy;
    }
    this.#bar.removeAttribute('value');
    say(element('fill-phase', HTMLElement), isBusy ? 'Working…' : '');
    if (isBusy) element('fill-stop', HTMLButtonElement).focus();
  }

  /** @param {ImportProgress} progress */
  #show(progress) {
    say(element('fill-phase', HTMLElement), phaseWords(progress));
    if (!progress.total) return;
    this.#bar.max = progress.total;
    this.#bar.value = progress.done;
  }

  /** @param {unknown} error */
  #tell(error) {
    const { title, message, action } = failureOf(error);
    sayParts(this.#trouble, create('strong', {}, title), ` ${message} ${action}`);
  }
}
