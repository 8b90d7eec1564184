/** R51: told again at each start, on every screen, until the person has taken note. The thread itself says it in its panel. */
import { FailedIcon } from '../../ui/icons/states.tsx';
import { useClient } from '../session/client.ts';
import { format } from './routes.ts';

export function WrongPatientBar() {
  const { inbox, router } = useClient();
  const base = router.base.value;
  const open = base.at === 'thread' ? base.thread : undefined;
  const all = (inbox.value ?? []).filter(({ needs }) =>
    needs.some((need) => need.kind === 'wrong-patient' && !need.acknowledged),
  );
  const first = all.find(({ id }) => id !== open);
  if (!first) return null;
  return (
    <p class="bar bar--refused" role="alert">
      <FailedIcon />
      <span class="grow">
        <b>Wrong patient.</b>{' '}
        {all.length > 1
          ? `${all.length} conversations are linked to the wrong patient. Do not act on them.`
          : 'A conversation is linked to the wrong patient. Do not act on it.'}
      </span>
      <a href={format({ at: 'thread', thread: first.id })}>Look</a>
    </p>
  );
}
