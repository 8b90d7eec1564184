/**
 * Offline is said plainly: how old the screen is, what waits, and what to do when it cannot wait. The bars are drawn anew on every screen
 * of a phone, so they are no live regions: what begins is read out once, by `ConnectionNews`, which stays.
 */
import type { Connection } from '../../core/contract.ts';
import { plural, whenInWords } from '../../ui/dates.ts';
import { saveText } from '../../platform/save.ts';
import { OfflineIcon, WarningIcon } from '../../ui/icons/tools.tsx';
import { useClient } from '../session/client.ts';
import { format } from './routes.ts';
import { WrongPatientBar } from './WrongPatientBar.tsx';

export function ConnectionBar() {
  const { connection, now, session } = useClient();
  const me = session.value;
  const { state, lastSync, queued, skewMs, alarm, renew } = connection.value;
  return (
    <>
      <WrongPatientBar />
      {alarm && (
        <p class="bar bar--warn">
          <WarningIcon />
          <span>
            <b>Two lists of keys.</b> {alarmWords(alarm)}{' '}
            <button
              type="button"
              class="btn btn--s bar__act"
              onClick={() => saveText('wardline-evidence.txt', alarm.evidence)}
            >
              Save the proof
            </button>
          </span>
        </p>
      )}
      {state === 'offline' && (
        <p class="bar bar--offline">
          <OfflineIcon />
          <span>
            <b>Offline.</b> {lastSync ? `Last up to date ${whenInWords(lastSync, now.value)}. ` : 'Not up to date. '}
            {queued > 0 &&
              `${plural(queued, 'message')} ${queued === 1 ? 'is' : 'are'} queued on this device and ${queued === 1 ? 'goes' : 'go'} when you are back. `}
            Urgent? Call.
          </span>
        </p>
      )}
      {renew && (
        <p class="bar bar--warn">
          <WarningIcon />
          <span>
            <b>Your keys still have to be renewed.</b> A device of yours was reported {renew.why}: until then you cannot
            read what is written now. <a href={format({ at: 'keys' })}>Renew them now</a>
          </span>
        </p>
      )}
      {me?.at === 'ready' && me.changedElsewhere && (
        <p class="bar bar--warn">
          <WarningIcon />
          <span>The ways to open Wardline were changed on another device. Not you? Tell the service desk now.</span>
        </p>
      )}
      {skewMs !== undefined && (
        <p class="bar bar--warn">
          <WarningIcon />
          <span>
            The clock of this device is {plural(Math.round(Math.abs(skewMs) / 60_000), 'minute')}{' '}
            {skewMs > 0 ? 'fast' : 'slow'}. Times here are the server’s.
          </span>
        </p>
      )}
    </>
  );
}

/** For who listens to the screen: what has begun, in a sentence, when it begins. */
export function ConnectionNews() {
  const { connection, session } = useClient();
  const { state, alarm, renew, skewMs } = connection.value;
  const me = session.value;
  const pressing = [
    alarm && 'Two lists of keys. Wardline sends nothing to new keys. Tell the service desk now.',
    renew && 'Your keys still have to be renewed.',
  ];
  const news = [
    state === 'offline' && 'Offline. What you write is queued. Urgent? Call.',
    me?.at === 'ready' && me.changedElsewhere && 'The ways to open Wardline were changed on another device.',
    skewMs !== undefined && 'The clock of this device is wrong. Times here are the server’s.',
  ];
  return (
    <>
      <p class="vh" role="alert">
        {pressing.filter(Boolean).join(' ')}
      </p>
      <p class="vh" role="status">
        {news.filter(Boolean).join(' ')}
      </p>
    </>
  );
}

/** What it means, and what to do. It does not go away: the evidence is on this device. */
function alarmWords({ by }: NonNullable<Connection['alarm']>): string {
  const found = by
    ? `The server has shown ${by}’s device other keys than this one, or that device is not telling the truth.`
    : 'The server has shown this device keys that do not fit with what it showed before.';
  return `${found} Wardline sends nothing to new keys until this is cleared up. Tell the service desk now. Do not clear this browser: it holds the proof. Save it too, and send it to them: it is a small file without any names or messages.`;
}
