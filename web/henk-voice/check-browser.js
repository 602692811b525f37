import { whyUnsupported } from './browser-support.js';
import { lineFault } from './line-faults.js';

/**
 * @typedef {import('./check-types.js').Finding} Finding
 * @typedef {'granted' | 'denied' | 'prompt'} Permission
 */

/**
 * @param {typeof import('@twilio/voice-sdk').Device} Device
 * @returns {Finding} whether this browser, on this page, can place calls now
 */
export function browserFinding(Device) {
  const { browser, os } = browserOf(navigator.userAgent);
  const details = [[browser, os].filter(Boolean).join(' on ') || 'A browser without a name'];
  const code = whyUnsupported(Device)?.code ?? (navigator.onLine === false ? 'offline' : null);
  if (code === 'insecure_page' || code === 'browser_unsupported' || code === 'offline') {
    const fault = lineFault(code);
    return { state: 'bad', text: fault.meaning, details, fault };
  }
  return { state: 'ok', text: 'This browser can place calls.', details };
}

/** @returns {Promise<Permission | null>} null if the browser does not tell it (Safari before 16) */
export async function permissionState() {
  try {
    const name = /** @type {PermissionName} */ ('microphone');
    return (await navigator.permissions.query({ name })).state;
  } catch {
    return null;
  }
}

/**
 * @param {Permission | null} permission
 * @returns {Finding}
 */
export function permissionFinding(permission) {
  if (permission === 'denied') {
    const fault = lineFault('microphone_denied');
    return { state: 'bad', text: fault.meaning, fault };
  }
  if (permission === 'granted') return { state: 'ok', text: 'This page may use the microphone.' };
  return {
    state: 'warning',
    text: 'The browser will ask whether this page may use the microphone.',
  };
}

/** The first that matches: other browsers name Chrome and Safari too. */
const BROWSERS = /** @type {const} */ ([
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\bOPR\/(\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Chrome|HeadlessChrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+(?:\.\d+)?).* Safari\//],
]);
const SYSTEMS = /** @type {const} */ ([
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
]);

/**
 * @param {string} userAgent
 * @returns {{ browser: string | null, os: string | null }} for example `Chrome 141` and `Windows`
 */
export function browserOf(userAgent) {
  let browser = null;
  for (const [name, pattern] of BROWSERS) {
    const [, version] = pattern.exec(userAgent) ?? [];
    if (!version) continue;
    browser = `${name} ${version}`;
    break;
  }
  const [os = null] = SYSTEMS.find(([, pattern]) => pattern.test(userAgent)) ?? [];
  return { browser, os };
}
