import { blockReasonSentence } from '../../henk-voice/henk-voice.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('../../henk-voice/henk-voice.js').Preview} Preview
 * @typedef {import('./number-check.js').NumberCheck} NumberCheck
 * @typedef {import('./target.js').Target} Target
 *
 * @typedef {object} Decision one of both
 * @property {string} [refusal] why no call is placed, for the rep
 * @property {{ wishes: CallWishes, name: string }} [call] what to dial, and who it is
 */

/**
 * Decides what *Call* dials: the server's reading of exactly what the form shows.
 *
 * @param {Target} target
 * @param {NumberCheck} check of this target
 * @returns {Promise<Decision>}
 */
export async function decide(target, check) {
  const search = target.search.trim();
  if (search) {
    return {
      refusal: `Not called: no contact is chosen for “${search}”. Choose one from the list, or empty the contact field.`,
    };
  }
  if (!target.text.trim()) {
    return { refusal: target.note || 'Enter a number, or choose a contact.' };
  }
  const shown = target.version;
  const seen = warningsOf(check.state);
  const { preview, failure } = await check.reading();
  if (target.version !== shown) {
    return { refusal: 'Not called: the form was changed during the check. Press Call again.' };
  }
  if (preview?.blockReason) return { refusal: blockReasonSentence(preview.blockReason) };
  if (preview) {
    const unseen = warningsOf({ preview }).filter((warning) => !seen.includes(warning));
    if (unseen.length) {
      return { refusal: 'Not called yet: read the warning below, then press Call again.' };
    }
    const extension = preview.extension ? `;ext=${preview.extension}` : '';
    return { call: callTo(target, preview.to, extension) };
  }
  if (target.number) return { call: callTo(target, target.number, '') };
  return {
    refusal:
      `Not called: “${target.text.trim()}” could not be checked. ${failure?.message ?? ''} ` +
      'Press Call to try again, or enter the number with + and its country code, without spaces.',
  };
}

/**
 * @param {Target} target
 * @param {string} number in E.164
 * @param {string} extension as it is appended to the number
 * @returns {{ wishes: CallWishes, name: string }}
 */
function callTo(target, number, extension) {
  return {
    wishes: { ...target.wishes, to: number + extension },
    name: nameOf(target, number),
  };
}

/**
 * The name that panel, strip and tab show: it belongs to the number that is dialled.
 *
 * @param {Target} target
 * @param {string} number in E.164
 */
function nameOf({ lead, text }, number) {
  if (!lead) return text.trim() === number ? number : formatNumber(number);
  const written = formatNumber(number);
  if (lead.phone_number === number) return lead.name;
  // The marks keep a name from right to left, or a number beside it, in its own direction.
  return `\u2068${lead.name}\u2069 at \u2066${written}\u2069`;
}

/**
 * @param {import('./number-check.js').CheckState} state
 * @returns {string[]} one text for each warning, to compare
 */
function warningsOf(state) {
  const warnings = (typeof state === 'object' && state.preview?.warnings) || [];
  return warnings.map(({ code, ...about }) => {
    const { userId, number, text } = /** @type {Record<string, unknown>} */ (about);
    return JSON.stringify([code, userId, number, text]);
  });
}
