import { create, element, say } from '../shared/dom.js';
import { SettingsForm } from '../shared/settings-form.js';
import { clockOf, zoneWords, zonesByRegion } from '../shared/time-zones.js';
import { wholeNumber } from '../shared/whole-number.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ReportSettings} ReportSettings
 * @typedef {import('../shared/settings-source.js').SettingsSource<ReportSettings>} SettingsSource
 */

/**
 * By what the business's reports count: its clock, what a conversation is, and when a week begins.
 *
 * @param {SettingsSource} source
 */
export function startReportForm(source) {
  const zone = element('report-zone', HTMLSelectElement);
  const week = element('report-week-start', HTMLSelectElement);
  const seconds = wholeNumber('report-seconds', 5, 600, 'seconds');
  // The reports read it from there.
  source.follow((settings) => Object.assign(source.context.business, settings));
  new SettingsForm(source, {
    name: 'report-settings',
    form: 'report-settings',
    note: 'A change applies to all calls, earlier ones too, and is on record.',
    saved: 'Saved. Reports are counted again: that takes a minute or two.',
    fields: {
      time_zone: {
        input: zone,
        read: () => zone.value,
        write: (value) => chooseZone(zone, value),
      },
      conversation_seconds: seconds.field,
      week_start: {
        input: week,
        read: () => Number(week.value),
        write: (value) => (week.value = String(value)),
      },
    },
    problems: (changes) => seconds.problems('conversation_seconds', changes),
    onShow: () => {
      const clock = clockOf(zone.value, new Date());
      say(
        element('report-zone-hint', HTMLElement),
        `A day of a report begins and ends at midnight there, wherever you are.${clock && ` It is ${clock} there now.`}`,
      );
    },
  });
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} zone may be none that the browser knows
 */
function chooseZone(select, zone) {
  select.value = zone;
  if (select.value === zone) return;
  select.replaceChildren(
    create('option', { value: 'UTC' }, 'UTC'),
    ...[...zonesByRegion(zone)].map(([region, zones]) => {
      const options = zones.map((one) => create('option', { value: one }, zoneWords(one)));
      return create('optgroup', { label: region }, ...options);
    }),
  );
  select.value = zone;
}
