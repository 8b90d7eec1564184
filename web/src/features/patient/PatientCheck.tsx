/** "I have compared": the identifiers of the patient, with a box to tick (R12). */
import type { Patient } from '../../core/contract.ts';
import { Check } from '../../ui/fields.tsx';
import { isoDate, numberLabel, numberWords, shortPatientName } from './format.ts';

type Props = { patient: Patient; checked: boolean; onChange: (checked: boolean) => void; missing: boolean };

export function PatientCheck({ patient, checked, onChange, missing }: Props) {
  return (
    <>
      <div class={missing ? 'consent consent--missing' : 'consent'}>
        <Check checked={checked} onChange={onChange} describedBy={missing ? 'patient-error' : undefined}>
          I have checked that this is about <b>{shortPatientName(patient)}</b>,{' '}
          {patient.temporary ? (
            <>
              temporary identity <b class="nowrap">{patient.temporary}</b>
            </>
          ) : (
            <>
              born <b class="nowrap">{isoDate(patient.born)}</b>, {numberLabel(patient)}{' '}
              <b class="nowrap">{numberWords(patient)}</b>
            </>
          )}
        </Check>
      </div>
      {missing && (
        <span class="nhsuk-error-message" id="patient-error" role="alert">
          <span class="vh">Error: </span>Confirm the patient first
        </span>
      )}
    </>
  );
}
