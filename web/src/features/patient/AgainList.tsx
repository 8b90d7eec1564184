/** R51: in a thread about the wrong patient, what was decided there and whether it has been decided again about the right one. */
import type { AgainDecision, ThreadHead } from '../../core/contract.ts';
import { whenInWords } from '../../ui/dates.ts';
import { RecordInIcon, RecordNoneIcon } from '../../ui/icons/states.tsx';
import { useAgain } from '../record/useAgain.ts';
import { format } from '../shell/routes.ts';

export function AgainList({ head, now }: { head: ThreadHead; now: number }) {
  const known = useAgain(head.id);
  if (!known || known.decisions.length === 0) return null;
  const waiting = known.decisions.filter(({ done }) => !done);
  const open = waiting.length;
  const unsure = waiting.some((each) => each.unsure);
  return (
    <details class="wrong__who" open={open > 0}>
      <summary>
        Decisions to be made again in the right patient’s thread:{' '}
        {open === 0 ? 'none is left' : unsure ? `${open} perhaps not yet` : `${open} not yet`}
      </summary>
      {unsure && (
        <p class="small">
          Something was filed from there whose words are deleted here. Look in the record before you decide anything
          again.
        </p>
      )}
      <ul class="small again">
        {known.decisions.map((each) => (
          <Line key={each.decision} each={each} words={wordsOf(head, each)} to={known.to} now={now} />
        ))}
      </ul>
      {!known.to && open > 0 && <p class="small">They can be made again when you are in the right patient’s thread.</p>}
    </details>
  );
}

type LineProps = { each: AgainDecision; words: string | undefined; to: string | undefined; now: number };

function Line({ each: { decision, by, at, done, passed, unsure }, words, to, now }: LineProps) {
  const Icon = done ? RecordInIcon : RecordNoneIcon;
  return (
    <li>
      <span class="again__s">
        <Icon />
        <b>{passed ? 'Need not be' : done ? 'Made again' : unsure ? 'Perhaps' : 'Not yet'}</b>
      </span>
      <span class="again__w">
        {words && <>“{words}” </>}
        <span class="muted">
          {by}, {whenInWords(at, now)}
          {passed && `. ${passed.by}: ${passed.why}`}
        </span>
      </span>
      {!done && to && (
        <a class="btn btn--s" href={format({ at: 'again', thread: to, decision })}>
          Make it again<span class="vh">: {words ?? by}</span>
        </a>
      )}
    </li>
  );
}

/** Here, where they were said, the words may stand whatever they name. */
const wordsOf = (head: ThreadHead, { decision }: AgainDecision): string | undefined =>
  head.record.find(({ key }) => key === decision)?.words;
