/** Asking somebody to countersign: the originals stay until they have. */
import type { PersonId, ThreadHead } from '../../core/contract.ts';
import { Check, Radios } from '../../ui/fields.tsx';

/** Whoever of the thread comes first. */
export const anybody = 'anybody';

type Props = {
  head: ThreadHead;
  /** Whoever marked it cannot countersign it. */
  not: readonly PersonId[];
  /** Nobody, `anybody`, or one of the thread. */
  asking: PersonId | undefined;
  onAsk: (asking: PersonId | undefined) => void;
};

export function AskCountersign({ head, not, asking, onAsk }: Props) {
  const others = head.members.filter(({ me, mayPost, person }) => !me && mayPost && !not.includes(person.id));
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="file-countersign">
      <h2 id="file-countersign">Countersignature</h2>
      <Check small checked={asking !== undefined} onChange={(on) => onAsk(on ? anybody : undefined)}>
        Somebody else has to countersign before the originals are deleted
      </Check>
      {asking !== undefined && (
        <Radios
          legend="Who?"
          options={[
            { value: anybody, label: 'Anybody in this thread' },
            ...others.map(({ person }) => ({ value: person.id, label: `${person.name}, ${person.role}` })),
          ]}
          value={asking}
          onChange={onAsk}
        />
      )}
    </section>
  );
}
