import { element } from '../shared/dom.js';
import { onSetting } from '../shared/setting-changes.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Business} Business
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 *
 * @typedef {object} Opened what is kept while a business is open
 * @property {HenkVoice} voice
 * @property {Business} business
 * @property {import('../shared/team.js').Team} team
 * @property {import('../shared/outcomes.js').Outcomes} outcomes
 * @property {AbortSignal} signal
 */

/**
 * Reads again what all views have of the business, whenever somebody has changed it.
 *
 * @param {Opened} opened
 */
export function followSettings({ voice, business, team, outcomes, signal }) {
  onSetting(voice, ['member'], () => void team.load(), signal);
  onSetting(voice, ['outcome'], () => void outcomes.load(), signal);
  onSetting(voice, ['business'], () => void readBusiness(voice, business, signal), signal);
}

/**
 * @param {HenkVoice} voice
 * @param {Business} business
 * @param {AbortSignal} signal
 */
async function readBusiness(voice, business, signal) {
  // The next change, or the next visit, reads it again.
  const businesses = await voice.conversations.businesses({ signal }).catch(() => []);
  const now = businesses.find(({ id }) => id === business.id);
  if (!now || signal.aborted) return;
  Object.assign(business, now);
  const name = element('business-name', HTMLElement);
  if (name.textContent) name.textContent = business.name;
  const select = element('business', HTMLSelectElement);
  const option = [...select.options].find(({ value }) => value === business.id);
  if (option) option.textContent = business.name;
}
