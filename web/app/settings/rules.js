import { isCountry } from '../../henk-voice/henk-voice.js';
import { countryName } from '../shared/countries.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingRule} RecordingRule
 */

/** The states of the US, and the District of Columbia: ISO 3166-2 without `US-`. */
export const STATES = (
  'AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV ' +
  'NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY'
).split(' ');

/** @type {Readonly<Record<string, string>>} */
const MODES = { off: 'no call is recorded', on_demand: 'only on demand', all: 'all calls' };
/** @type {Readonly<Record<string, string>>} */
const CONSENTS = {
  announce: 'leads hear a notice',
  confirm: 'the rep asks',
  both: 'leads hear a notice and the rep asks',
};

/**
 * @param {RecordingRule} rule
 * @returns {string} `US, CA: only on demand, the rep asks`
 */
export function ruleSentence({ country, region, mode, consent_mode: consent }) {
  const place = [countryName(country), region].filter(Boolean).join(', ');
  const asks = [mode && MODES[mode], consent && CONSENTS[consent]].filter(Boolean).join(', ');
  return `${place}: ${asks}`;
}

/**
 * @param {RecordingRule} rule that is to be added
 * @param {readonly RecordingRule[]} rules that there are
 * @returns {string} why it cannot be added; empty if it can
 */
export function whyNoRule(rule, rules) {
  const { country, region, mode, consent_mode: consent } = rule;
  if (!isCountry(country)) {
    return `Not added: “${country}” is not the code of a country. Write two letters, such as DE.`;
  }
  if (!mode && !consent) {
    return 'Not added: the rule asks for nothing. Choose what it is stricter about.';
  }
  if (rules.some((other) => other.country === country && other.region === region)) {
    return 'Not added: there is a rule for this place. Remove it first.';
  }
  return '';
}
