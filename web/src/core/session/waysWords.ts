/** Plain words for what can go wrong with PINs, passkeys and changing them. They come with the part that needs them. */

const instead = 'Use your password instead.';

export const waysWords = {
  pin_wrong: { message: 'That is not your PIN.', hint: instead },
  pin_gone: {
    message: 'This PIN is used up: there were ten wrong tries, or it was removed.',
    hint: 'Use your password, or a passkey if you have one. You can set a new PIN under More.',
  },
  pin_weak: { message: 'This PIN is too easy to guess.', hint: 'Choose another one.' },
  passkey_refused: { message: 'That passkey is not known here.', hint: instead },
  passkey_without_key: {
    message: 'This passkey proved that it is you, but it cannot open your messages.',
    hint: 'Enter your password too. To make it quick again, add a new passkey under More.',
  },
  passkey_none: { message: 'You have no passkey.', hint: instead },
  passkey_opens_nothing: {
    message: 'This passkey cannot open your messages, and you have no password.',
    hint: 'Use another passkey, or call the service desk.',
  },
  passkey_cloned: {
    message: 'This passkey was refused: a copy of it may be in use.',
    hint: 'Use your password, remove the passkey under More, and tell the service desk.',
  },
  passkeys_unavailable: { message: 'This server cannot use passkeys.', hint: instead },
  user_not_verified: {
    message: 'The passkey did not check that it is you.',
    hint: 'Set a screen lock, a fingerprint or a PIN for it, then try again.',
  },
  ticket_spent: { message: 'That took too long, or was tried twice.', hint: 'Try again.' },
  proof_needed: { message: 'Please confirm that it is you.', hint: 'Enter your password, or use a passkey.' },
  last_unlocker: {
    message: 'Something must be left that opens Wardline.',
    hint: 'A PIN alone is not enough. Add a passkey or a password first.',
  },
  keys_not_renewed: {
    message: 'The device is signed out for good, but your keys are not renewed yet.',
    hint: 'Try again.',
  },
  vault_moved: { message: 'Another device changed this at the same time.', hint: 'Try again.' },
  unlockers_malformed: {
    message: 'The server did not take the change. Nothing was changed.',
    hint: 'Load the page again. If it stays, tell the service desk.',
  },
  prf_sent: {
    message: 'Wardline stopped: a key would have left this device.',
    hint: 'Load the page again, and tell the service desk.',
  },
} as const;

const numbers = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

export function triesWords(left: number): { hint: string } {
  if (!Number.isInteger(left) || left < 1 || left > 9) return { hint: instead };
  const tries = left === 1 ? 'One try is left' : `${numbers[left] ?? ''} tries are left`;
  return { hint: `${tries}. After that this PIN is used up, and your password or a passkey opens Wardline.` };
}
