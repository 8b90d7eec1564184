/** Coming in, as the contract speaks of it: the one-time link, passkeys, and the ways to open Wardline. */
import type { Person } from './contract.ts';

export type Enrolment = {
  person: Person;
  organisation: string;
  /** What the person types to sign in. */
  username: string;
  totp: { secret: string; uri: string };
  minPasswordLength: number;
  /** The fingerprint that the link carries, which is on the sheet, hex; its version, and the newest that follows from it. */
  manifest: { fingerprint: string; version: number; newest: number };
};

/** What the browser is asked to do with a passkey: the options of WebAuthn in their JSON form, and what its PRF evaluates. */
export type PasskeyRequest = { options: Readonly<Record<string, unknown>>; prfInput: Secret };
/** What the browser answered: the credential in its JSON form without any PRF result, and the result beside it where there is one. */
export type PasskeyAnswer = { credential: unknown; prf?: Secret };
/** Crosses the port once, inwards; the worker zeroes its copy when it has been used, and the screen its own when it has been handed over. */
export type Secret = Uint8Array<ArrayBuffer>;

/** One way to open Wardline. */
export type Way = {
  id: string;
  kind: 'password' | 'passkey' | 'pin';
  label: string;
  addedAt: number;
  lastUsedAt?: number;
  /** A PIN belongs to one device; this is it. */
  here: boolean;
  /** Opened Wardline here this time. */
  current: boolean;
  /** A PIN that was destroyed after ten wrong tries. */
  gone: boolean;
  /** False for a passkey that signs in but cannot open the messages. */
  opens: boolean;
  /** False when nothing but PINs would be left. */
  removable: boolean;
};
/** One of them as it was listed. */
export type UnlockerRef = Pick<Way, 'id' | 'opens'>;
export type Ways = { ways: Way[]; passkeys: boolean; minPasswordLength: number; username: string };
