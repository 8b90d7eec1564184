/** A person's devices as the contract speaks of them (R22, R48). */

/** How this device is registered (R48). `own` needs the agreement; `shared` is a ward PC and keeps nothing after a lock. */
export const deviceKinds = ['own', 'trust', 'shared'] as const;
export type DeviceKind = (typeof deviceKinds)[number];

/** Which text somebody agrees to before they use a device of their own; it goes up when the text changes (R48). */
export const ownDeviceAgreement = 1;

/** Why a device is ended by its person. After `lost` and `stolen` they read nothing new until their keys are renewed. */
export type EndReason = 'signed-out' | 'replaced' | 'lost' | 'stolen';

/** One of my devices, as the register has it (R48). */
export type OwnDevice = {
  id: string;
  kind: DeviceKind;
  /** "Safari on iPhone"; empty when it did not say. */
  label: string;
  current: boolean;
  firstUsed: number;
  lastUsed: number;
  expires: number;
  ended?: number;
  /** In how many sessions it is signed in now. */
  signedIn: number;
  posture: 'unknown' | 'attested';
  postureBy?: string;
  /** To using a device of one's own. */
  agreed?: number;
  /** When two copies of its browser were last found in use. */
  usedTwice?: number;
};
