/** A message that was stopped or questioned before anything was encrypted. It stays in the box; the way on is offered here. */
import { useState } from 'preact/hooks';
import type { Finding } from '../../core/contract.ts';
import { TextField } from '../../ui/fields.tsx';
import { BlockedIcon, WarningIcon } from '../../ui/icons/tools.tsx';
import { stopWords } from './rules.ts';

type Props = {
  finding: Finding;
  patient: string | undefined;
  /** Nobody knows who the patient is. */
  unknown: boolean;
  busy: boolean;
  onRemove: () => void;
  onPatientThread: () => void;
  onEmergency: (reason: string) => void;
  onClose: () => void;
};

export function Stopped({ finding, patient, unknown, busy, onRemove, onPatientThread, onEmergency, onClose }: Props) {
  const [reason, setReason] = useState('');
  const words = stopWords(finding, patient, unknown);
  return (
    <section class="card card--warn block" aria-labelledby="stopped">
      {/* Read out and not focused: the next words may be on their way into the box, and must not land elsewhere. */}
      <div role="alert">
        <h2 id="stopped">
          {finding.stops ? <BlockedIcon size="l" /> : <WarningIcon size="l" />}
          {words.title}
        </h2>
        <p>{words.text}</p>
      </div>
      {!finding.stops && (
        <TextField
          label="If it cannot wait, say why"
          hint="Your reason is kept with the message."
          value={reason}
          onInput={setReason}
        />
      )}
      <div class="row">
        {finding.stops ? (
          <button type="button" class="btn" onClick={onRemove}>
            {words.remove}
          </button>
        ) : (
          <button
            type="button"
            class="btn"
            aria-disabled={busy || reason.trim().length < 3}
            onClick={() => {
              if (reason.trim().length >= 3) onEmergency(reason.trim());
            }}
          >
            Send as it is
          </button>
        )}
        {finding.kind !== 'other-patient' && finding.kind !== 'hidden-mark' && (
          <button type="button" class="btn" onClick={onPatientThread}>
            {finding.stops ? 'Move to a patient thread' : 'Identify the patient'}
          </button>
        )}
        {!finding.stops && (
          <button type="button" class="btn btn--quiet" onClick={onClose}>
            Change the text
          </button>
        )}
      </div>
    </section>
  );
}
