/** What is said about a device, and in which order devices stand. */
import type { DeviceKind, OwnDevice } from '../../core/contract.ts';
import { plural, whenInWords } from '../../ui/dates.ts';

export const kindWords: Record<DeviceKind, string> = {
  own: 'Your own device',
  trust: 'A device of the organisation',
  shared: 'A shared ward PC',
};

/** This one first, then the one used last. One that was ended or has run out is not in use. */
export function sortDevices(devices: readonly OwnDevice[], now: number): { using: OwnDevice[]; ended: OwnDevice[] } {
  const sorted = [...devices].sort((a, b) => Number(b.current) - Number(a.current) || b.lastUsed - a.lastUsed);
  const isOver = ({ ended, expires }: OwnDevice) => ended !== undefined || expires <= now;
  return { using: sorted.filter((each) => !isOver(each)), ended: sorted.filter(isOver) };
}

export function lastWords({ ended, expires, signedIn, lastUsed, current }: OwnDevice, now: number): string {
  if (ended !== undefined) return `Signed out for good at ${whenInWords(ended, now)}.`;
  if (expires <= now) return `Ran out at ${whenInWords(expires, now)}.`;
  if (current) return 'Signed in now.';
  const last = `last used at ${whenInWords(lastUsed, now)}`;
  if (signedIn === 0) return `Not signed in; ${last}.`;
  return `Signed in${signedIn > 1 ? ` ${plural(signedIn, 'time')}` : ''}; ${last}.`;
}

export const firstWords = ({ firstUsed }: OwnDevice, now: number): string =>
  `First used at ${whenInWords(firstUsed, now)}.`;

/** A browser cannot tell whether a device has a passcode and its updates; so nobody has looked, until somebody says so. */
export function postureWords({ posture, postureBy }: OwnDevice): string {
  if (posture === 'unknown') return 'Nobody has checked its passcode and updates.';
  return postureBy ? `Checked by ${postureBy}.` : 'Checked.';
}

/** One browser has one page at work. Two that take turns are a copy and its original, and nobody can tell which is which. */
export const twiceWords = ({ usedTwice, current, ended }: OwnDevice, now: number): string =>
  usedTwice === undefined || ended !== undefined
    ? ''
    : `Open in two places at once at ${whenInWords(usedTwice, now)}: somebody may have a copy of this browser. ${
        current
          ? 'Sign out here, sign in again, and tell the service desk.'
          : 'Sign it out as stolen, and tell the service desk.'
      }`;

export const agreedWords = ({ kind, agreed }: OwnDevice, now: number): string =>
  kind === 'own' && agreed !== undefined ? `You agreed to use it at ${whenInWords(agreed, now)}.` : '';
