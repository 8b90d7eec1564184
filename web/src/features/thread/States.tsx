/** Delivery and record states: icon, word and shape, always the same three. */
import type { Delivery, RecordLine, Urgency } from '../../core/contract.ts';
import { clockTime } from '../../ui/dates.ts';
import type { Icon } from '../../ui/icons/draw.tsx';
import {
  ActionIcon,
  DeliveredIcon,
  EmergencyIcon,
  FailedIcon,
  HoldIcon,
  QueuedIcon,
  RecordDeletedIcon,
  RecordFailedIcon,
  RecordFilingIcon,
  RecordInIcon,
  RecordNoneIcon,
  SeenIcon,
  SentIcon,
  UrgentIcon,
} from '../../ui/icons/states.tsx';
import { UndoIcon } from '../../ui/icons/tools.tsx';

const deliveryIcons: Record<Delivery['state'], Icon> = {
  queued: QueuedIcon,
  sent: SentIcon,
  reached: DeliveredIcon,
  seen: SeenIcon,
  failed: FailedIcon,
};

/** H2: a locked phone has been reached, nobody has looked. It is never called delivered. */
export function deliveryWords(delivery: Delivery, short = false): string {
  const { state, of, reached, seen } = delivery;
  switch (state) {
    case 'queued':
      return 'Queued';
    case 'sent':
      return 'Sent';
    case 'reached':
      if (of === 1) return short ? 'Phone reached' : 'Phone reached, not opened';
      return short ? `Reached ${reached} of ${of}` : `Phone reached by ${reached} of ${of}`;
    case 'seen':
      return of === 1 ? 'Seen' : `Seen by ${seen} of ${of}`;
    case 'failed':
      return 'Not sent';
  }
}

export function DeliveryState({ delivery, short }: { delivery: Delivery; short?: boolean }) {
  const Glyph = deliveryIcons[delivery.state];
  return (
    <span class={delivery.state === 'failed' ? 'st st--bad' : 'st'}>
      <Glyph />
      {deliveryWords(delivery, short)}
    </span>
  );
}

export const recordIcons: Record<RecordLine['state'], Icon> = {
  none: RecordNoneIcon,
  filing: RecordFilingIcon,
  in: RecordInIcon,
  held: HoldIcon,
  failed: RecordFailedIcon,
  'taken-back': UndoIcon,
  stopped: RecordFailedIcon,
  'in-error': RecordFailedIcon,
  deleted: RecordDeletedIcon,
};

export const recordWords: Record<RecordLine['state'], string> = {
  none: 'Not in the record yet',
  filing: 'Filed, waiting for the receipt',
  in: 'In the record',
  held: 'In the record · originals held',
  failed: 'The record refused it',
  'taken-back': 'Taken back',
  stopped: 'Not filed: wrong patient',
  'in-error': 'Entered in error',
  deleted: 'In the record · originals deleted',
};

const recordTags: Record<RecordLine['state'], string> = {
  none: 'tag tag--warn',
  filing: 'tag tag--off',
  in: 'tag tag--ok',
  held: 'tag',
  failed: 'tag tag--bad',
  'taken-back': 'tag tag--off',
  stopped: 'tag tag--bad',
  'in-error': 'tag tag--bad',
  deleted: 'tag tag--ok',
};

export function RecordTag({ state, words }: { state: RecordLine['state']; words?: string }) {
  const Glyph = recordIcons[state];
  return (
    <span class={recordTags[state]}>
      <Glyph />
      {words ?? recordWords[state]}
    </span>
  );
}

export function UrgencyTag({ urgency, dueAt }: { urgency: Urgency; dueAt?: number | undefined }) {
  if (urgency === 'routine') return null;
  const Glyph = { action: ActionIcon, urgent: UrgentIcon, emergency: EmergencyIcon }[urgency];
  return (
    <span class={`tag tag--${urgency}`}>
      <Glyph />
      {urgencyWords(urgency, dueAt)}
    </span>
  );
}

export function urgencyWords(urgency: Exclude<Urgency, 'routine'>, dueAt?: number): string {
  const word = { action: 'Action', urgent: 'Urgent', emergency: 'Emergency' }[urgency];
  return dueAt ? `${word} by ${clockTime(dueAt)}` : word;
}
