/** People and membership in words. */
import type { AddReason, Person, RemoveReason, SystemEvent } from '../../core/contract.ts';
import { clockTime } from '../../ui/dates.ts';

export const addReasonWords: Record<AddReason | 'founding' | 'break-glass', string> = {
  'care-team': 'Looks after this patient or works in this team',
  'on-call': 'On call for it',
  opinion: 'Asked for an opinion',
  handover: 'Takes over',
  cover: 'Covers for somebody',
  supervision: 'Supervises',
  other: 'Another reason',
  founding: 'In it from the start',
  'break-glass': 'Emergency access',
};

export const removeReasonWords: Record<RemoveReason, string> = {
  'handed-over': 'Has handed over',
  'left-team': 'Has left the team',
  'no-longer-involved': 'No longer involved',
  'own-request': 'Asked to be taken out',
  'added-in-error': 'Was added in error',
  other: 'Another reason',
};

export const organisationReasonWords: Record<
  Extract<SystemEvent, { what: 'removed-by-organisation' }>['reason'],
  string
> = {
  leaver: 'has left the organisation',
  mover: 'has moved to another post',
  'lost-device': 'a device was lost',
  review: 'after a review of the members',
};

/** "Medical Registrar, Ward 7B". */
export const roleAndWard = (person: Person): string => [person.role, person.ward].filter(Boolean).join(', ');

/** "Med Reg" where there is little room. */
export const shortRole = (person: Person): string => person.roleShort ?? person.role;

/** "On duty until 20:30"; nothing when the duty is not known. */
export function dutyWords(person: Person): string {
  if (!person.duty) return '';
  const until = person.duty.until ? ` until ${clockTime(person.duty.until)}` : '';
  return person.duty.on ? `On duty${until}` : `Off duty${until}`;
}

/** In the middle of a sentence the first letter of a phrase is small. */
export const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
