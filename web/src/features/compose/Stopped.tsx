/** A message that was stopped before anything was encrypted. It stays in the box; the way on is offered here. */
import type { Finding } from '../../core/contract.ts';
import { BlockedIcon } from '../../ui/icons/tasks.tsx';
import { stopWords } from './rules.ts';

type Props = {
  finding: Finding;
  patient: string | undefined;
  /** Nobody knows who the patient is. */
  unknown: boolean;
  onRemove: () => void;
  onPatientThread: () => void;
};

export function Stopped({ finding, patient, unknown, onRemove, onPatientThread }: Props) {
  const words = stopWords(finding, patient, unknown);
  return (
    <section class="card card--warn block" aria-labelledby="stopped">
      {/* Read out and not focused: the next words may be on their way into the box, and must not land elsewhere. */}
      <div role="alert">
        <h2 id="stopped">
          <BlockedIcon size="l" />
          {words.title}
        </h2>
        <p>{words.text}</p>
      </div>
      <div class="row">
        {finding.kind !== 'other-patient' && finding.kind !== 'hidden-mark' && (
          <button type="button" class="btn" onClick={onPatientThread}>
            Move to a patient thread
          </button>
        )}
        <button type="button" class="btn" onClick={onRemove}>
          {words.remove}
        </button>
      </div>
    </section>
  );
}
