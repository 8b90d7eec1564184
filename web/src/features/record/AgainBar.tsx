/** R51: pinned in the right patient's thread as long as something has not been decided again there. */
import type { ThreadHead } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { RecordNoneIcon } from '../../ui/icons/states.tsx';
import { format } from '../shell/routes.ts';
import { useAgain } from './useAgain.ts';

export function AgainBar({ head }: { head: ThreadHead }) {
  const known = useAgain(head.continues);
  const open = known?.decisions.filter(({ done }) => !done) ?? [];
  const [first] = open;
  const unsure = open.every((each) => each.unsure);
  if (!first || head.readOnly || known?.to !== head.id) return null;
  return (
    <p class="bar bar--warn">
      <RecordNoneIcon />
      <span class="grow">
        <b>{unsure ? 'Perhaps decided again already. Look in the record:' : 'To be decided again here:'}</b>{' '}
        {plural(open.length, 'decision')} from the conversation about the wrong patient
      </span>
      <a href={format({ at: 'again', thread: head.id, decision: first.decision })}>Look</a>
    </p>
  );
}
