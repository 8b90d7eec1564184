/** R29: who will read this, above the box in which it is written. On a shared machine also who is writing (H20). */
import type { ThreadHead } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { shortPatientName } from '../patient/format.ts';
import { shortRole } from '../people/words.ts';
import { useClient } from '../session/client.ts';

export function Recipient({ head }: { head: ThreadHead }) {
  const { session } = useClient();
  const others = head.members.filter((member) => !member.me);
  const only = others.length === 1 ? others[0]?.person : undefined;
  // Those who work elsewhere: a word said among colleagues may be one too many for them.
  const outside = others.filter(({ person }) => person.outside).length;
  const state = session.value;
  const shared = state?.at === 'ready' && state.device === 'shared' ? state.me.name : undefined;
  return (
    <>
      {others.length === 0 ? (
        <>
          To <b>nobody else yet</b>
        </>
      ) : only ? (
        <>
          To <b>{only.name}</b>, {shortRole(only)}
          {only.outside && (
            <>
              , <b>outside: {only.organisation}</b>
            </>
          )}
        </>
      ) : (
        <>
          To <b>{plural(others.length, 'person', 'people')}</b>
          {outside > 0 && (
            <>
              , <b>{outside} outside this organisation</b>
            </>
          )}
        </>
      )}
      {head.patient && (
        <>
          {' '}
          about <b>{shortPatientName(head.patient)}</b>
        </>
      )}
      {!head.patient && head.name && head.space !== 'direct' && (
        <>
          {' '}
          in <b>{head.name}</b>
        </>
      )}
      {shared && (
        <>
          , from <b>{shared}</b>
        </>
      )}
    </>
  );
}
