import { TWILIO_CAUSES, TWILIO_CODES, TWILIO_RANGES } from './twilio-error-texts.js';

/**
 * @typedef {object} TwilioErrorText what an error code of Twilio means, in words
 * @property {number} code
 * @property {string} title its short name
 * @property {import('./line-faults.js').FaultSide} side where the cause is
 * @property {string} meaning
 * @property {string} action what to do
 * @property {string} url Twilio's own page about the code
 */

/** Where Twilio describes a code. */
const PAGES = 'https://www.twilio.com/docs/api/errors/';

/**
 * @param {number} code of Twilio: the Voice SDK's, or one that Twilio's console shows
 * @returns {TwilioErrorText} for an unknown code, what codes like it have in common
 */
export function twilioError(code) {
  const [title, cause] = TWILIO_CODES[code] ?? [`Error ${code}`, causeOfRange(code)];
  const [side, meaning, action] = /** @type {typeof TWILIO_CAUSES[string]} */ (
    TWILIO_CAUSES[cause]
  );
  return { code, title, side, meaning, action, url: `${PAGES}${code}` };
}

/** @param {number} code */
function causeOfRange(code) {
  return TWILIO_RANGES.find(([from, to]) => code >= from && code <= to)?.[2] ?? 'unknown';
}
