/** From when on the line of a call, or of a check, is said to be something. The same in both. */

/** A line of which so few seconds are known is not graded. */
export const FEWEST_SAMPLES = 4;

/** Reports get lost too: so many must have come that say nothing new about our packets. */
export const REPORTS_WITHOUT_US = 3;

/** Without a packet of the other side for so long, none comes. A check is shorter than a call, and all of it counts. */
export const NOTHING_CAME_MS = { call: 5_000, check: 6_000 };

/** Without news of our packets for so long, none arrives. */
export const NOTHING_ARRIVED_MS = { call: 8_000, check: 6_000 };

/**
 * Sound that is as good as none, as energy in a second, 1 being a second of the loudest sound: less than the last
 * bit of a sample. The voice of a check speaks without a pause, so there it is what nobody hears: -70 dBFS.
 */
export const SILENCE = { call: 1e-9, check: 1e-7 };
