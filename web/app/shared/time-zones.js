/**
 * The time zones that a business can choose, by their part of the world.
 *
 * @param {string} chosen is among them, also if this browser lists it by another name
 * @param {readonly string[]} [known] IANA names
 * @returns {Map<string, string[]>} the names by `America`, `Europe`, …, in their order
 */
export function zonesByRegion(chosen, known = Intl.supportedValuesOf('timeZone')) {
  const names = new Set([...known.filter((name) => name.includes('/')), chosen]);
  names.delete('UTC');
  /** @type {Map<string, string[]>} */
  const regions = new Map();
  for (const name of [...names].sort()) {
    const region = name.slice(0, name.indexOf('/'));
    regions.set(region, [...(regions.get(region) ?? []), name]);
  }
  return regions;
}

/**
 * @param {string} name an IANA name
 * @returns {string} `Los Angeles (America)`; as it is if it has no region
 */
export function zoneWords(name) {
  const [region, ...places] = name.replaceAll('_', ' ').split('/');
  return places.length ? `${places.reverse().join(', ')} (${region})` : name;
}

/**
 * @param {string} zone an IANA name
 * @param {Date} now
 * @returns {string} `Fri 14:05`; empty if the browser does not know the zone
 */
export function clockOf(zone, now) {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: zone,
    }).format(now);
  } catch {
    return '';
  }
}
