/**
 * @typedef {object} AudioDevice
 * @property {string} id `default`, or the browser's id of the device on this page
 * @property {string} label
 * @property {string} group devices with the same group are one piece of hardware, for example the
 *   microphone and the earphones of a headset; empty if the browser does not tell
 *
 * @typedef {{ id: string, label: string }} RememberedDevice
 *
 * @typedef {object} DeviceOffer a device that was plugged in, and is not in use yet
 * @property {string} label
 * @property {string | null} microphoneId null if it has no microphone
 * @property {string | null} speakerId null if it has no speaker
 */

export const SYSTEM_DEFAULT = 'default';
/** What Chromium lists beside the devices themselves: the one that the system uses for a purpose. */
const PSEUDO = new Set([SYSTEM_DEFAULT, 'communications']);
const LONGEST_LABEL = 80;

/**
 * @param {readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'groupId' | 'label'>[]} devices
 * @param {'audioinput' | 'audiooutput'} kind
 * @returns {AudioDevice[]} with the system's default first
 */
export function devicesOf(devices, kind) {
  const noun = kind === 'audioinput' ? 'Microphone' : 'Speaker';
  // Before the microphone is allowed, browsers list one device without an id.
  const list = devices
    .filter((device) => device.kind === kind && device.deviceId)
    .map((device, index) => ({
      id: device.deviceId,
      label: device.label || `${noun} ${index + 1}`,
      group: device.groupId ?? '',
    }));
  // Chromium lists the default itself.
  if (list.some(({ id }) => id === SYSTEM_DEFAULT)) return list;
  return [{ id: SYSTEM_DEFAULT, label: 'System default', group: '' }, ...list];
}

/** @param {readonly AudioDevice[]} devices whether the browser tells which devices there are */
export function isTold(devices) {
  return devices.some(({ id }) => !PSEUDO.has(id));
}

/**
 * Which device is used. Safari and Firefox may give a device another id on another day, so it is also known
 * by its name.
 *
 * @param {RememberedDevice} wanted
 * @param {readonly AudioDevice[]} devices
 * @returns {string} its id, or the system's default if it is not there
 */
export function idOf(wanted, devices) {
  if (devices.some(({ id }) => id === wanted.id)) return wanted.id;
  const named = devices.filter(({ id, label }) => !PSEUDO.has(id) && label === wanted.label);
  return named.length === 1 && named[0] ? named[0].id : SYSTEM_DEFAULT;
}

/**
 * The device itself, if the chosen one stands for it.
 *
 * @param {string} id
 * @param {readonly AudioDevice[]} devices
 * @returns {AudioDevice | null} null if the browser does not tell which device is the system's default
 */
export function deviceBehind(id, devices) {
  const chosen = devices.find((device) => device.id === id);
  if (!chosen || !PSEUDO.has(id)) return chosen ?? null;
  if (!chosen.group) return null;
  return devices.find((device) => !PSEUDO.has(device.id) && device.group === chosen.group) ?? null;
}

/**
 * A headset or another microphone that was plugged in, with the speaker that belongs to it. Speakers without
 * a microphone are not offered: most are those of a screen.
 *
 * @param {{ microphones: readonly AudioDevice[], speakers: readonly AudioDevice[] }} now
 * @param {ReadonlySet<string>} known ids of devices that were there before
 * @param {{ microphoneId: string, speakerId: string, canChooseSpeaker: boolean }} use
 * @returns {DeviceOffer | null} null if there is none, or if it is in use already
 */
export function offerOf(now, known, use) {
  const isNew = (/** @type {AudioDevice} */ { id }) => !PSEUDO.has(id) && !known.has(id);
  const microphone = now.microphones.find(isNew);
  if (!microphone) return null;
  const belongs = (/** @type {AudioDevice} */ { group, label }) =>
    microphone.group ? group === microphone.group : label === microphone.label;
  const speaker = use.canChooseSpeaker && now.speakers.find((one) => isNew(one) && belongs(one));
  const isUsed = deviceBehind(use.microphoneId, now.microphones)?.id === microphone.id;
  const isHeard = !speaker || deviceBehind(use.speakerId, now.speakers)?.id === speaker.id;
  if (isUsed && isHeard) return null;
  return {
    label: plainLabel(microphone.label),
    microphoneId: isUsed ? null : microphone.id,
    speakerId: isHeard ? null : speaker.id,
  };
}

/** Signs that nobody sees, that turn the direction of what follows, or that are half a character. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}]+/gu;

/**
 * The name of a device without what identifies the one piece: the USB ids that Chromium adds, addresses
 * of Bluetooth devices, and serial numbers.
 *
 * @param {string} label
 * @returns {string} at most 80 characters
 */
export function plainLabel(label) {
  const plain = label
    .replace(UNSEEN, ' ')
    .replace(/\s*\([0-9a-f]{4}:[0-9a-f]{4}\)\s*$/i, '')
    .replace(/\b[0-9a-f]{2}(?:[:_-][0-9a-f]{2}){5}\b/gi, '')
    .replace(/\b(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}\b/gi, '')
    .replace(/\b(?:s\/?n|serial)\b[\s:#.]*[\w-]*\d[\w-]*/gi, '')
    .replace(/[a-z0-9]{8,}/gi, (word) => (isSerial(word) ? '' : word))
    .replace(/[([]\s*[)\]]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  // By characters: half a one is no text for the database, which would refuse the whole report.
  return [...plain].slice(0, LONGEST_LABEL).join('').trim();
}

/** @param {string} word of eight characters or more */
function isSerial(word) {
  const digits = word.replace(/\D/g, '').length;
  const isAddress = digits > 0 && /^[0-9a-f]{12,}$/i.test(word);
  return isAddress || (digits >= 5 && digits * 2 >= word.length);
}
