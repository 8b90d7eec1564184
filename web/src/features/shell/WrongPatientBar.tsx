/**
 * R51: told again at each start, on every screen, until the person has taken note. The thread itself says it in its panel. On the screen of
 * another thread it stands near that one's banner: so it says which one is meant, and that it is not the one that is open.
 */
import type { ThreadSummary } from '../../core/contract.ts';
import { FailedIcon } from '../../ui/icons/states.tsx';
import { threadNamed } from '../inbox/words.ts';
import { useClient } from '../session/client.ts';
import { format } from './routes.ts';

export function WrongPatientBar() {
  const { inbox, router } = useClient();
  const base = router.base.value;
  const open = base.at === 'thread' ? inbox.value?.find(({ id }) => id === base.thread) : undefined;
  const others = (inbox.value ?? []).filter((each) => each !== open && isUnread(each));
  if (others.length === 0) return null;
  const openIsRight = open !== undefined && !open.needs.some(({ kind }) => kind === 'wrong-patient');
  return (
    <p class="bar bar--refused" role="alert">
      <FailedIcon />
      <span class="grow">
        <b>{whichWords(others.length, open !== undefined, openIsRight)}</b>{' '}
        {others.map((each, at) => (
          <span key={each.id}>
            {at > 0 && '; '}
            <a href={format({ at: 'thread', thread: each.id })}>
              {each.patient ? threadNamed(each) : 'one that you were in'}
            </a>
          </span>
        ))}
        . Do not act on {others.length > 1 ? 'them' : 'it'}.
      </span>
    </p>
  );
}

const isUnread = ({ needs }: ThreadSummary): boolean =>
  needs.some((need) => need.kind === 'wrong-patient' && !need.acknowledged);

function whichWords(count: number, besideOne: boolean, openIsRight: boolean): string {
  const which = besideOne
    ? count > 1
      ? `${count} other conversations`
      : 'Another conversation'
    : count > 1
      ? `${count} conversations`
      : 'A conversation';
  const not = openIsRight ? ', not this one,' : '';
  return `${which}${not} ${count > 1 ? 'are' : 'is'} linked to the wrong patient:`;
}
