/**
 * @typedef {'caller_id' | 'people' | 'contacts' | 'campaign' | 'call' | 'outcome'} StepName
 * @typedef {'no_default_caller_id' | 'caller_id_fails' | 'country_refused' | 'limit_reached'
 *   | 'invitation_expired' | 'calls_stay_open' | 'recordings_late'} FindingName
 *
 * @typedef {object} FirstStep
 * @property {StepName} step
 * @property {boolean} is_done
 *
 * @typedef {object} BusinessFinding what stands in the way of a business
 * @property {FindingName} finding
 * @property {string | null} about the number, the country, the block reason or the e-mail address
 * @property {number | null} calls how many, of the last seven days
 *
 * @typedef {object} FirstSteps
 * @property {FirstStep[]} steps what a business needs to call, in this order
 * @property {BusinessFinding[]} findings the most important first
 */

/**
 * @param {import('./sql.js').Sql} sql
 * @param {string} businessId
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<FirstSteps>}
 */
export async function readFirstSteps(sql, businessId, signal) {
  return sql.ask('first_steps', { p_business_id: businessId }, { signal });
}
