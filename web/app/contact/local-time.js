/**
 * The time where a lead may be.
 *
 * @param {readonly string[]} zones IANA names; one of them is the lead's
 * @param {Date} now
 * @returns {string} for example `10:14` or `10:14 to 13:14`, with the day if it is not the reader's; empty if
 *   no zone is known
 */
export function localTime(zones, now) {
  const times = zones.flatMap((zone) => timeIn(zone, now) ?? []);
  times.sort((one, other) => one.minutes - other.minutes);
  const [first] = times;
  const last = times.at(-1);
  if (!first || !last) return '';
  return first.text === last.text ? first.text : `${first.text} to ${last.text}`;
}

/**
 * @param {string} zone
 * @param {Date} now
 * @returns {{ text: string, minutes: number } | null} `minutes`: to compare. Null if the browser does not know
 *   the zone
 */
function timeIn(zone, now) {
  try {
    const clock = { hour: '2-digit', minute: '2-digit', timeZone: zone };
    const parts = { ...clock, year: 'numeric', month: '2-digit', day: '2-digit', hourCycle: 'h23' };
    const format = new Intl.DateTimeFormat('en', /** @type {Intl.DateTimeFormatOptions} */ (parts));
    const of = Object.fromEntries(
      format.formatToParts(now).map(({ type, value }) => [type, value]),
    );
    const minutes =
      Date.UTC(
        Number(of.year),
        Number(of.month) - 1,
        Number(of.day),
        Number(of.hour),
        Number(of.minute),
      ) / 60_000;
    const isToday = Number(of.day) === now.getDate();
    const options = isToday ? clock : { ...clock, weekday: 'short' };
    const text = new Intl.DateTimeFormat(
      undefined,
      /** @type {Intl.DateTimeFormatOptions} */ (options),
    ).format(now);
    return { text, minutes };
  } catch {
    return null;
  }
}
