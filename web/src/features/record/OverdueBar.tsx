/** R19: pinned under the banner until the decision is in the record. */
import type { ThreadHead } from '../../core/contract.ts';
import { briefWhen, plural } from '../../ui/dates.ts';
import { RecordFailedIcon, RecordNoneIcon } from '../../ui/icons/states.tsx';
import { format } from '../shell/routes.ts';
import { misfiledTodo, misfiledWords } from './misfiledWords.ts';
import { overdue } from './overdue.ts';

export function OverdueBar({ head, now }: { head: ThreadHead; now: number }) {
  const lines = overdue(head.record, now);
  // What lies in another patient's record presses more than what is in none.
  const first = lines.find((line) => line.misfiled) ?? lines.find((line) => line.state === 'failed') ?? lines[0];
  if (!first || head.readOnly) return null;
  const refused = first.state === 'failed';
  const { misfiled } = first;
  const what = misfiled
    ? `${misfiledWords[misfiled.how]}: ${misfiledTodo}`
    : refused
      ? 'The record refused a decision'
      : 'Not in the record yet';
  const todo = misfiled ? 'What to do' : refused ? 'File again' : 'File it';
  return (
    <p class={refused ? 'bar bar--refused' : 'bar bar--warn'}>
      {refused ? <RecordFailedIcon /> : <RecordNoneIcon />}
      <span class="grow">
        <b>{what}</b>, from {briefWhen(first.at, now)}
        {lines.length > 1 && `, and ${plural(lines.length - 1, 'other')}`}
      </span>
      <a href={format({ at: 'file', thread: head.id, decision: first.key })}>{todo}</a>
    </p>
  );
}
