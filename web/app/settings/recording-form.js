import { element } from '../shared/dom.js';
import { ask } from '../shared/question.js';
import { SettingsForm } from '../shared/settings-form.js';
import { wholeNumber } from '../shared/whole-number.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingSettings} RecordingSettings
 * @typedef {import('../shared/settings-source.js').SettingsSource<RecordingSettings>} SettingsSource
 */

/**
 * What the business has decided about recordings.
 *
 * @param {SettingsSource} source
 */
export function startRecordingForm(source) {
  const notice = element('settings-notice', HTMLTextAreaElement);
  const days = wholeNumber('settings-days', 1, 3650, 'days');
  let kept = 0;
  source.follow(({ recording_retention_days: now }) => (kept = now));
  new SettingsForm(source, {
    name: 'settings',
    form: 'recording-settings',
    note: 'A change applies to calls that begin after it, and is on record.',
    fields: {
      recording_mode: choiceField('settings-mode'),
      consent_mode: choiceField('settings-consent'),
      recording_notice: {
        input: notice,
        read: () => notice.value.trim() || null,
        write: (value) => (notice.value = value ?? ''),
      },
      recording_retention_days: days.field,
      recording_access: choiceField('settings-access'),
    },
    problems: (changes) => days.problems('recording_retention_days', changes),
    confirm: async ({ recording_retention_days: wanted }) =>
      wanted === undefined || wanted >= kept || mayShorten(kept, wanted),
  });
}

/**
 * @param {string} id
 * @returns {import('../shared/settings-form.js').Field}
 */
function choiceField(id) {
  const input = element(id, HTMLSelectElement);
  return { input, read: () => input.value, write: (value) => (input.value = value) };
}

/**
 * Fewer days apply to what is kept, and what is deleted does not come back.
 *
 * @param {number} before
 * @param {number} days
 * @returns {Promise<boolean>}
 */
async function mayShorten(before, days) {
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
