import { failure } from './failures.js';

/**
 * @param {typeof import('@twilio/voice-sdk').Device} Device
 * @returns {import('./failures.js').Failure | null} why this browser, or this page, cannot place calls
 */
export function whyUnsupported(Device) {
  if (!window.isSecureContext) return failure('insecure_page');
  if (!Device.isSupported || !navigator.mediaDevices) return failure('browser_unsupported');
  return null;
}
