/** @typedef {import('@twilio/voice-sdk').Device} Device */

/** A Device that is thrown away while it registers is destroyed after this time at the latest. */
const REGISTERS_WITHIN_MS = 5_000;

/**
 * Destroys a Device of the Voice SDK, without an effect on the user's other devices.
 *
 * @param {Device} device
 */
export function endDevice(device) {
  if (device.state === 'registering') destroyLater(device);
  else destroy(device);
}

/** @param {Device} device */
function destroy(device) {
  // destroy() would reject what rings, and stop all devices of the user.
  for (const call of device.calls) call.ignore();
  if (device.state !== 'destroyed') device.destroy();
}

/**
 * Destroys a Device when its connection is made, or has failed.
 *
 * @param {Device} device
 */
function destroyLater(device) {
  let isOver = false;
  const end = () => {
    clearTimeout(timer);
    // destroy() itself makes it unregistered.
    if (isOver) return;
    isOver = true;
    destroy(device);
  };
  const timer = setTimeout(end, REGISTERS_WITHIN_MS);
  for (const name of ['registered', 'unregistered']) device.once(name, end);
}
