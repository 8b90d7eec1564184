/** What happened to a thread, beside what people wrote in it. The screens write the sentences. */
import type { IdentifyingNumber, MessageId, AddReason, RemoveReason, LeftOut, StoppedWhy } from './contract.ts';

export type SystemEvent =
  | { what: 'created'; by: string; byMe: boolean }
  | {
      what: 'joined';
      who: string;
      me: boolean;
      role: string;
      by: string;
      byMe: boolean;
      reason: AddReason | 'founding' | 'break-glass';
      note?: string;
      history: boolean;
    }
  | { what: 'removed'; who: string; me: boolean; by: string; byMe: boolean; reason: RemoveReason; note?: string }
  /** Removed by the organisation, not by a member: a leaver, a mover or a lost device. */
  | {
      what: 'removed-by-organisation';
      who: string;
      me: boolean;
      reason: 'leaver' | 'mover' | 'lost-device' | 'review';
    }
  /** `temporary`: the hospital's number of somebody whom nobody knows. */
  | {
      what: 'linked';
      by: string;
      byMe: boolean;
      patient: string;
      temporary?: string;
      /** The number that was compared; absent of somebody who could not be read. */
      identifiedBy?: IdentifyingNumber;
    }
  /** More is known of who the patient is: everything that was said is about them. */
  | {
      what: 'identified';
      by: string;
      byMe: boolean;
      patient: string;
      born?: string;
      /** The one that was compared. */
      number?: string;
      identifiedBy?: IdentifyingNumber;
      temporary?: string;
    }
  /** The number was replaced by another; nothing else is different. */
  | { what: 'number-updated'; by: string; byMe: boolean; was: string }
  | { what: 'renamed'; by: string; byMe: boolean; name: string }
  /** Acts: see docs/protocol.md, section 8. `decision` is the id of the message that they are about. */
  | { what: 'confirmed'; by: string; byMe: boolean; patient: string }
  | { what: 'swept'; by: string; byMe: boolean; note?: string }
  | { what: 'quarantined'; by: string; byMe: boolean; reason: 'wrong-patient' | 'other'; note?: string }
  | {
      what: 'withdrawn';
      by: string;
      byMe: boolean;
      decision: MessageId;
      reason: 'withdrawn' | 'error' | 'wrong-patient';
      note?: string;
    }
  | { what: 'countersigned'; by: string; byMe: boolean; decision: MessageId; note?: string }
  /** New keys. `unreadable`: the last ones did not open for somebody. `identity`: they carry what is known better of the patient. */
  | { what: 'rotated'; why: 'added' | 'removed' | 'device' | 'age' | 'unreadable' | 'identity' }
  /** Somebody said, signed, that the keys that were made for them here do not open. */
  | { what: 'unreadable-keys'; who: string[]; me: boolean; by: string; byMe: boolean }
  /** From here on a member is left out of the keys, or back in them. */
  | { what: 'left-out'; who: string; me: boolean; why: LeftOut }
  | { what: 'back'; who: string; me: boolean }
  /** A member let somebody in again after their identity was reset. */
  | { what: 'readmitted'; who: string; me: boolean; by: string; byMe: boolean }
  /** One line for all that stood together and was removed after its time. */
  | { what: 'expired'; days: number }
  /** Something arrived that failed its checks and is not shown. */
  | { what: 'refused'; from?: string; code: string }
  | { what: 'frozen'; why: StoppedWhy; authors: string[] };
